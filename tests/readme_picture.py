"""Makes the README's picture: ``python -m tests.readme_picture`` runs notebook 03 and drags its slider."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import closing
from pathlib import Path

from tests.lab import Lab, PanelOnPage, chromium, run_all

ROOT = Path(__file__).parents[1]
NOTEBOOK = "03_limit_with_a_semaphore.ipynb"
PICTURE = ROOT / "notebooks" / "images" / "panel.png"


def main() -> None:
    """Run the notebook, move the limit up, down and up past the quota, and take the picture."""
    with closing(Lab(Path(tempfile.mkdtemp()))) as lab, chromium() as browser:
        shutil.copy(ROOT / "notebooks" / NOTEBOOK, lab.notebooks)
        page = browser.new_page(viewport={"width": 1240, "height": 1000}, device_scale_factor=1.5)
        lab.open(page, NOTEBOOK)
        run_all(page)
        panel = PanelOnPage(page)
        panel.plot = page.locator(".ifl-panel .inflight-lab")
        panel.plot.wait_for(timeout=60_000)
        panel.status("done: 120 outcomes").scroll_into_view_if_needed()
        panel.drag("requests", 0.45)
        panel.press("Run")
        panel.expect(in_flight=3)
        for share, accepted in ((0.3, 15), (0.14, 90), (0.8, 130)):
            page.wait_for_function(
                "(least) => document.querySelector('.ifl-panel .inflight-lab').dataset.accepted >= least",
                arg=accepted,
            )
            panel.drag("limit", share)
        page.wait_for_function(
            "document.querySelector('.ifl-panel .inflight-lab').dataset.refused >= 40", timeout=12_000
        )
        PICTURE.parent.mkdir(exist_ok=True)
        page.locator(".ifl-panel").screenshot(path=PICTURE)


if __name__ == "__main__":
    main()
