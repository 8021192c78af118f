"""The pages of a class: phones that send, and the wall that shows them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from inflight_lab import ClassRoom
from tests.support.browser import IN_BROWSER, Pages
from tests.support.browser.lab import box_of

pytestmark = IN_BROWSER
SPACE = ".ifl-space"
TWO_FRAMES = """() => new Promise((drawn) =>
    requestAnimationFrame(() => requestAnimationFrame(drawn)))"""
"""A page has seen its new size."""
REFUSED = "Failed to load resource: the server responded with a status of 429"


def colour_of(shown: Locator) -> str:
    """Its background, as CSS says it."""
    colour: str = shown.evaluate("element => getComputedStyle(element).backgroundColor")
    return colour


def width_of_code(wall: Page) -> float:
    """Of the QR code, in pixels."""
    return box_of(wall.get_by_alt_text("QR code"))["width"]


@pytest.fixture
def room() -> Iterator[ClassRoom]:
    """A class whose API allows ten in a minute."""
    quota: dict[str, Any] = {"rate": 10, "period": 60, "latency": 0.1}
    with ClassRoom(address="127.0.0.1", port=0, **quota) as room:
        yield room


def test_phones_send_and_the_wall_shows_who(room: ClassRoom, pages: Pages) -> None:
    """Real requests of two phones to one quota: each sees its own, what the API says,
    and how long to wait; the wall sees all, in each phone's colour, and says why some
    are refused.
    """
    wall, ana, other = pages.open(), pages.open(), pages.open()
    wall.goto(room.wall)
    expect(wall.locator("#join")).to_contain_text(room.url)
    assert width_of_code(wall) > 300
    ana.goto(room.url)
    ana.get_by_label("Your name").type("<b>Ana</b>")
    other.goto(room.url)
    names = ["<b>Ana</b>", "Phone 2"]  # text, not HTML
    expect(wall.get_by_role("listitem")).to_have_text(names)
    colours = [colour_of(shown) for shown in wall.locator("li span").all()]
    own = [colour_of(phone.get_by_label("Your name")) for phone in (ana, other)]
    assert colours == own
    invitation = "Press Send. Everybody here shares 10 requests in a minute."
    expect(other.locator("#status")).to_have_text(invitation)
    ana.get_by_text("Send 20").click()
    expect(ana.locator("#status")).to_have_text("10 answered, 10 refused")
    other.get_by_text("Send 20").click()
    expect(other.locator("#status")).to_have_text("20 refused")
    expect(other.get_by_text("429 Too Many Requests")).to_contain_text("It says")
    everybody = "The class: 40 sent in a minute, 10 allowed"
    expect(ana.get_by_text(everybody)).to_be_visible()
    other.set_viewport_size({"width": 740, "height": 360})
    words = [other.locator(each) for each in ("#status", "#last", "#all")]
    for above, below in pairwise(box_of(each) for each in words):
        assert above["y"] + above["height"] <= below["y"]  # on its side, too
    counts = wall.locator("#counts")
    expect(counts).to_contain_text("10 answered30 refused")
    assert width_of_code(wall) < 150  # it is large only until somebody sends
    said = "2 phones sent up to 40 in a minute; 10 are allowed."
    expect(wall.locator("#sentence")).to_have_text(said)
    for number, refused in enumerate(["10", "20"]):
        row = wall.get_by_role("listitem").nth(number)
        expect(row.locator("b")).to_have_text(refused)
    ana.close()
    expect(wall.locator("li span")).to_have_text(["Phone 2"])
    assert (room.api.stats().accepted, room.api.stats().refused) == (10, 30)
    pages.forgive(REFUSED)


def test_what_is_pressed_next_begins_anew(room: ClassRoom, page: Page) -> None:
    """A dot for each request since all had come back, and their counts; those before
    are a line to compare with, below the dots.  So many may wait, as large as there is
    room for, and the limit may move meanwhile.  Words have their room from the start.
    """
    # No press is stopped as a flood.
    room.api.quota, room.api.latency = "none", 0.2
    page.goto(room.url)
    button, dots = page.get_by_text("Send 20"), page.locator("#dots i")
    before = page.locator("#before li")
    for earlier in range(5):
        button.click()
        expect(page.locator("#status")).to_have_text("20 answered")
        expect(before).to_have_text(["0 refused"] * min(earlier, 3))
    expect(page.locator("#last")).to_contain_text("200 OK")
    expect(dots).to_have_count(20)
    for width, height in ((740, 360), (360, 600), (390, 844)):
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate(TWO_FRAMES)
        slider, last, line = (
            box_of(shown) for shown in (page.locator("#own"), dots.last, before.first)
        )
        assert slider["height"] < 90
        assert last["y"] + last["height"] <= line["y"]
        expect(button).to_be_in_viewport(ratio=1)
    top = box_of(page.locator(SPACE))["y"]
    room.api.latency = 60.0
    page.get_by_role("slider", name="limit").fill("2")
    for count in (20, 40, 60):
        button.click()
        expect(dots).to_have_count(count)
        page.evaluate(TWO_FRAMES)
        shown, room_for_it = (box_of(page.locator(each)) for each in ("#dots", SPACE))
        assert 0.4 < shown["height"] / room_for_it["height"] <= 1
    expect(page.locator("#last")).to_be_empty()  # as none of these has an answer yet
    assert box_of(page.locator(SPACE))["y"] == top  # there is room for its words
    expect(button).to_be_disabled()
    for limit in ("2", "4"):
        page.get_by_role("slider", name="limit").fill(limit)
        expect(page.locator("#status")).to_contain_text(f"{limit} in flight")


def test_a_refusal_stays_on_the_phone(room: ClassRoom, pages: Pages) -> None:
    """What a refusal says is not covered by the answers that come after it."""
    statuses = iter([429] + [200] * 19)
    phone = pages.open()
    phone.route(
        "**/get?*",
        lambda route: route.fulfill(
            status=next(statuses), headers={"Retry-After": "60"}
        ),
    )
    phone.goto(room.url)
    phone.get_by_role("slider", name="limit").fill("1")
    phone.get_by_text("Send 20").click()
    expect(phone.locator("#status")).to_have_text("19 answered, 1 refused")
    expect(phone.locator("#last")).to_contain_text("429 Too Many Requests")
    pages.forgive(REFUSED)


def test_one_shared_pace_from_the_wall(room: ClassRoom, pages: Pages) -> None:
    """The teacher turns it on: phones say so, wait for their turns, and nobody is
    refused.
    """
    # Without the pace two are refused; with it none, whatever holds some of them up.
    room.api.rate, room.api.period = 38, 3.0
    wall, phone = pages.open(), pages.open()
    wall.goto(room.wall)
    phone.goto(room.url)
    wall.get_by_label("One shared pace").check()
    expect(phone.get_by_text("The class has one shared pace")).to_be_visible()
    expect(phone.get_by_role("slider", name="limit")).to_be_hidden()
    for _ in range(2):
        phone.get_by_text("Send 20").click()
    expect(wall.locator("#sentence")).to_contain_text("One shared pace: up to")
    expect(phone.locator("#status")).to_contain_text("40 answered")
    assert room.api.stats().refused == 0
    quota = wall.get_by_role("slider", name="quota")
    expect(quota).to_have_attribute("aria-valuetext", "38 in 3 s")
    quota.fill("60")
    wall.get_by_role("slider", name="latency").fill("1.5")
    expect(wall.locator(".ifl-quota")).to_contain_text("of 60")
    assert (room.api.rate, room.api.latency) == (60, 1.5)


def test_pages_say_that_the_class_is_closed_and_come_back(
    room: ClassRoom, pages: Pages
) -> None:
    """Nothing can be sent meanwhile; when it is open again, the same pages go on, and
    who waited for a turn does not wait for it any more.
    """
    wall, phone = pages.open(), pages.open()
    wall.goto(room.wall)
    phone.goto(room.url)
    send = phone.get_by_text("Send 20")
    phone.get_by_label("Your name").fill("Ana")
    here = "1 phone joined. Scan the code, or type the address."
    expect(wall.locator("#sentence")).to_have_text(here)
    wall.get_by_label("One shared pace").check()
    expect(phone.get_by_text("The class has one shared pace")).to_be_visible()
    send.click()
    expect(wall.locator("#counts")).to_contain_text("waiting")
    expect(phone.locator("#status")).to_contain_text("1 answered")
    room.stop()
    expect(wall.locator("#sentence")).to_have_text("The class is closed.")
    expect(phone.get_by_text("The class is closed")).to_be_visible()
    expect(send).to_be_disabled()
    room.start()
    expect(wall.locator("#sentence")).to_have_text(here)
    expect(wall.get_by_role("listitem")).to_have_text(["Ana"])
    send.click()
    expect(phone.locator("#before li")).to_have_count(1)
    expect(phone.locator("#status")).to_contain_text("1 answered")
    pages.close()
    pages.forgive("WebSocket", "Failed to load resource")  # while it was closed
