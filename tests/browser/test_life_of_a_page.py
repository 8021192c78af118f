"""What happens to a panel's page around the run: a second view, a restart, a notebook
opened again.
"""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import IN_BROWSER, USUAL, Place, in_both_front_ends
from tests.support.lab import START_UP, Lab
from tests.support.panel_page import PANEL, open_panel, panel_of

pytestmark = IN_BROWSER

PORT = 'print(f"port {server.port}")'


def save(page: Page) -> None:
    with page.expect_response(
        lambda answer: answer.request.method == "PUT" and "contents" in answer.url
    ):
        page.get_by_role("menuitem", name="File", exact=True).click()
        page.get_by_text(re.compile("^Save Notebook$")).click()


def port_on(page: Page) -> int:
    line = page.get_by_text(re.compile(r"^port \d+")).inner_text()
    return int(line.removeprefix("port "))


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except ConnectionRefusedError:
        return False
    return True


def test_two_pages_on_one_notebook_show_the_same_run(
    lab: Lab, new_page: Callable[[], Page]
) -> None:
    """A run started in one page moves in the other, and so does a slider; either can
    stop it.
    """
    page, other = new_page(), new_page()
    one = open_panel(lab, page, "two-pages", PANEL)
    save(page)
    one.press("Run")
    one.expect(in_flight=3)
    lab.open(other, f"two-pages-{USUAL}.ipynb")
    two = panel_of(other)
    two.expect(live=True, in_flight=3, limit=3)
    one.key("End")
    for panel in (one, two):
        panel.expect(limit=50, in_flight=50)
    expect(two.limit).to_have_value("50")
    two.key("PageDown")
    for panel in (one, two):
        panel.expect(limit=45, in_flight=45)
    expect(one.limit).to_have_value("45")
    two.press("Stop")
    for panel in (one, two):
        panel.expect_end()
        panel.expect(live=False, in_flight=0)
    for name in ("started", "answered", "cancelled"):
        assert one.number(name) == two.number(name)


@in_both_front_ends
def test_a_kernel_restart_in_mid_run_leaves_nothing_behind(
    lab: Lab, page: Page, place: Place
) -> None:
    """Restart and Run All during a run: the old server is gone, the new panel runs,
    drags and stops.
    """
    panel = open_panel(lab, page, "restart", PORT, PANEL, place=place)
    port = port_on(page)
    panel.press("Run")
    panel.expect(in_flight=3)
    page.evaluate("document.querySelector('.ifl-lane').dataset.old = 'yes'")
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_text(re.compile("^Restart Kernel and Run All Cells")).click()
    page.locator(".jp-Dialog button", has_text="Restart").click()
    page.wait_for_selector(".ifl-lane:not([data-old])", timeout=START_UP)
    assert port_on(page) != port
    assert not answers(port)
    assert answers(port_on(page))
    panel.expect(live=False, in_flight=0, started=0)
    panel.press("Run")
    panel.expect(in_flight=3)
    limit = panel.drag("limit", 0.4)
    panel.expect(limit=limit, in_flight=limit)
    panel.press("Stop")
    panel.expect_end()


@pytest.mark.parametrize(
    "place",
    [USUAL, pytest.param(Place("notebook"), marks=pytest.mark.full)],
    ids=str,
    indirect=True,
)
def test_a_notebook_opened_again_shows_the_picture(
    lab: Lab, page: Page, place: Place, errors: list[str]
) -> None:
    """With a fresh kernel the panel is gone; the picture of its last run stands there,
    and only then.
    """
    name = f"again-{place}.ipynb"
    panel = open_panel(lab, page, "again", PANEL, place=place)
    picture = page.locator("img.ifl-picture")
    panel.press("Run")
    panel.expect(in_flight=3)
    panel.press("Stop")
    panel.expect_end()
    expect(picture).to_be_hidden()
    save(page)
    kept = json.loads((lab.notebooks / name).read_text(encoding="utf-8"))
    assert "0 refused" in json.dumps(kept["cells"][-1]["outputs"])

    page.goto("about:blank")
    lab.end_kernel_of(name)
    lab.open(page, name)
    expect(picture).to_be_visible()
    assert picture.evaluate("({ naturalWidth }) => naturalWidth") == 860
    lost = page.locator(".jp-OutputArea-output.jupyter-widgets")
    expect(lost).to_have_text("Error displaying widget: model not found")
    expect(lost).to_have_css("font-size", "0px")
    added = lost.evaluate("each => getComputedStyle(each, '::after').content")
    assert "run this cell again" in added
    expect(page.locator(".ifl-lane")).to_have_count(0)
    # The front end's own.
    errors[:] = [error for error in errors if "widget model not found" not in error]
