"""The page of ``inflight-lab watch``: a script's requests as they go, and the words at
the end.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.support.browser import IN_BROWSER
from tests.support.drawn import plot_on, spy_on

pytestmark = IN_BROWSER

SCRIPT = """
import asyncio, sys
import httpx

async def main():
    limits = httpx.Limits(max_connections=5)
    async with httpx.AsyncClient(limits=limits) as client:
        for step in range(2):
            await asyncio.to_thread(sys.stdin.readline)
            url = f"https://api.example.com/{step}/"
            await asyncio.gather(*(client.get(f"{url}{n}") for n in range(30)))

asyncio.run(main())
"""


@pytest.fixture
def script(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A watched script that sends 30 requests for each line that it is given; 20 a
    second are allowed.
    """
    path = tmp_path / "my_script.py"
    path.write_text(SCRIPT)
    command = [
        sys.executable,
        "-m",
        "inflight_lab.watch",
        "--no-browser",
        "--practice",
        "20/s",
        str(path),
    ]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stderr=pipe, text=True) as child:
        yield child
        child.kill()


def send(script: subprocess.Popen[str]) -> None:
    """Let the script send its next requests."""
    assert script.stdin
    script.stdin.write("\n")
    script.stdin.flush()


def test_a_script_is_followed_to_its_end(
    script: subprocess.Popen[str], page: Page
) -> None:
    """A page that is opened late shows it all, follows the rest, and keeps the words
    when watch is gone.
    """
    assert script.stderr
    spy_on(page)
    address = script.stderr.readline().split()[-1]
    send(script)
    page.goto(address)
    plot = page.locator(".inflight-lab")
    expect(page.locator("h1")).to_contain_text("my_script.py")
    expect(plot).to_have_attribute("data-started", "30")
    expect(plot).to_have_attribute("data-live", "true")
    send(script)
    words = page.locator("#words")
    expect(words).to_contain_text("60 requests to api.example.com")
    script.wait(30)
    expect(plot).to_have_attribute("data-started", "60")
    expect(plot).to_have_attribute("data-live", "false")
    assert int(plot.get_attribute("data-refused") or 0) >= 10
    expect(words).to_contain_text(
        "certain: The connection pool was the limit: 30 requests"
    )
    assert "sent in the last second, 20 allowed" in plot_on(page).texts()


def test_it_can_be_read(script: subprocess.Popen[str], page: Page) -> None:
    """Nothing is cut off, on a phone neither, and the checker for accessibility finds
    nothing serious, in the light and in the dark.
    """
    assert script.stderr
    page.goto(script.stderr.readline().split()[-1])
    send(script)
    send(script)
    expect(page.locator("#words")).to_contain_text("certain")
    for width in (390, 1400):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="light")
        expect(page.locator(".ifl-theme.ifl-dark")).to_have_count(0)
        expect_readable(page)
        page.emulate_media(color_scheme="dark")
        expect(page.locator(".ifl-theme.ifl-dark")).to_have_count(1)
        expect_readable(page)


def expect_readable(page: Page) -> None:
    """As wide as its window at most, and nothing serious for axe."""
    page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")
    serious = [
        violation["id"]
        for violation in Axe().run(page).response["violations"]
        if violation["impact"] in ("serious", "critical")
    ]
    assert serious == []
