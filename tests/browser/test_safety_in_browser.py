"""Nothing comes in from other sites."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, Response

from inflight_lab import PracticeServer
from tests.support.browser import IN_BROWSER
from tests.support.browser.lab import EVIL
from tests.support.children import served

pytestmark = IN_BROWSER

BY_ELEMENTS = "<img src={0}><script src={0}></script><iframe src={0}></iframe>"
BY_FETCH = """address => Promise.allSettled(
  ["cors", "no-cors", "same-origin"].map((mode) => fetch(address, { mode })))"""


def test_a_page_of_another_site_gets_nothing(
    server: PracticeServer, tmp_path: Path, browser: Browser
) -> None:
    """Whatever way it tries, the server refuses and counts nothing: what a browser says
    of such a request is what the server looks for.  A person who follows a link from
    there sees the answer, and it counts.
    """
    page = browser.new_page()
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    (tmp_path / "index.html").write_text("<!doctype html><title>another site</title>")
    with served(tmp_path) as address:
        page.goto(address.replace("127.0.0.1", EVIL))
        page.set_content(BY_ELEMENTS.format(server.url))
        page.evaluate(BY_FETCH, server.url)
        from_server = [answer.status for answer in answers if answer.url == server.url]
        assert set(from_server) == {403}
        assert server.stats().started == 0
        page.set_content(f'<a href="{server.url}">a link</a>')
        page.click("a")
        page.wait_for_url(server.url)
    assert '"origin":"127.0.0.1"' in page.inner_text("body")
    assert server.stats().accepted == 1
    page.close()
