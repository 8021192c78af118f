"""``--page``: one file, with what was said and the run."""

from __future__ import annotations

import json
import re
from pathlib import Path

from inflight_lab.commands.watch.practice.server import AnyApi
from tests.support.columns import from_recording
from tests.support.watching import SCRIPTS, commands_in, watch


def test_the_page_has_the_words_and_the_run(tmp_path: Path) -> None:
    """The findings, the command to copy, and each request with its outcome; it asks
    nothing from anywhere.
    """
    page = tmp_path / "watch.html"
    with AnyApi(quota="sliding-window", rate=7, period=2, latency=0.05) as server:
        url = f"http://127.0.0.1:{server.port}"
        done = watch("--page", page, SCRIPTS / "faults.py", "too_fast", url)
        counted = server.stats()
    html = page.read_text()
    assert re.search(r"(?s)<li>certain: Over the quota.*Pace them[^<]*<pre>", html)
    (command,) = commands_in(done.stderr)
    assert command.replace('"', "&quot;") in html
    (recording,) = re.findall(r'<script type="application/json">(.*?)</script>', html)
    run = from_recording(json.loads(recording))[""]
    assert (run.counts.accepted, run.counts.refused) == (
        counted.accepted,
        counted.refused,
    )
    assert run.terms[-1].quota.rate == 7  # the answers name it
    assert not re.search(r'(src|href)="http', html)


def test_a_script_without_requests_has_a_page_too(tmp_path: Path) -> None:
    """It says that there is nothing to draw."""
    script = tmp_path / "quiet.py"
    script.write_text("print('ran')")
    done = watch("--page", tmp_path / "a.html", script)
    assert (done.returncode, done.stdout) == (0, "ran\n")
    assert "No request was seen" in (tmp_path / "a.html").read_text()
