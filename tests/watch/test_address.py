"""The address that was seen, in the command that prints the code."""

from __future__ import annotations

import pytest

from inflight_lab.watch.findings.address import (
    ONE_ADDRESS,
    SECRET_ADDRESS,
    SEVERAL_ADDRESSES,
    SEVERAL_PATTERNS,
    address_for,
    pattern_of,
    why_no_address,
)
from inflight_lab.watch.request_group import RequestGroup
from tests.support.watching import Made, log_of

API = "https://api.example.com"


@pytest.mark.parametrize(
    ("paths", "pattern"),
    [
        (["/items/1", "/items/2", "/items/1"], "/items/{id}"),
        (["/items/10", "/items/19"], "/items/{id}"),
        (["/a/1/prices", "/a/2/prices"], "/a/{id}/prices"),
        (["/item-10.json", "/item-19.json"], "/item-{id}.json"),
        (["/get?id=1&full=1", "/get?id=2&full=1"], "/get?id={id}&full=1"),
        (["/a/1?of=1", "/a/2?of=2"], ""),
        (["/items/1", "/items/1/prices"], ""),
        (["/items", "/items"], ""),
    ],
)
def test_the_one_part_that_differs(paths: list[str], pattern: str) -> None:
    """As a whole word, so that 10 and 19 are not 1{id}; two such parts are none."""
    expected = f"{API}{pattern}" if pattern else ""
    assert pattern_of({f"{API}{path}" for path in paths}) == expected


def test_hosts_that_differ_are_no_pattern() -> None:
    """A recipe for one API cannot ask several."""
    assert pattern_of({"https://a.example/1", "https://b.example/1"}) == ""


def group_of(*paths: str) -> RequestGroup:
    """Requests to these paths."""
    return log_of([Made(url=f"{API}{path}") for path in paths])


@pytest.mark.parametrize(
    ("recipe", "paths", "option"),
    [
        ("fetch_all", ["/items/1", "/items/2"], "/items/{id}"),
        ("with_aiohttp", ["/items/1", "/items/2"], "/items/{id}"),
        ("send_all", ["/orders", "/orders"], "/orders"),
        ("send_all", ["/orders/1", "/orders/2"], ""),
        ("language_model", ["/v1/chat/completions"], "/v1/chat/completions"),
        ("with_openai", ["/v1/chat/completions"], "/v1"),
        ("with_openai", ["/v1/embeddings"], ""),
        ("semaphore", ["/items/1", "/items/2"], ""),
    ],
)
def test_the_option_of_each_recipe(recipe: str, paths: list[str], option: str) -> None:
    """With an id, as one address, or as openai's client takes it; a rung has none."""
    expected = f"{API}{option}" if option else ""
    assert address_for(recipe, group_of(*paths)) == expected


@pytest.mark.parametrize(
    "end",
    ["?api_key=hunter2", "?appid=hunter2", "?a=$HOME", "?a=`ls`", '?a="', "/é"],
)
def test_what_should_not_be_printed(end: str) -> None:
    """A secret, or what a shell would take for something else."""
    assert address_for("paced", group_of(f"/1{end}", f"/2{end}")) == ""
    password = log_of([Made(url=f"https://ada:hunter2@a.example/{n}") for n in "12"])
    assert address_for("paced", password) == ""


TO_A_BOT = "/bot123456:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw/sendMessage"


def test_a_secret_in_the_path() -> None:
    """As Telegram's and Discord's APIs have it: it is not printed, and why is said."""
    messages = group_of(TO_A_BOT, TO_A_BOT)
    assert address_for("send_all", messages) == ""
    assert why_no_address("send_all", messages) == SECRET_ADDRESS


def test_what_differs_is_not_printed() -> None:
    """It is the id then, however random it looks and whatever its name."""
    ids = ("0b1f7d3e-41d4-4a7c-9f0e-aa15d1c9e001", "7c9e6679-7425-40de-944b-e07fc1f9")
    for begin in ("/items/", "/item?key="):
        urls = [f"{begin}{each}" for each in ids]
        assert address_for("paced", group_of(*urls)) == f"{API}{begin}{{id}}"


@pytest.mark.parametrize(
    ("recipe", "paths", "why"),
    [
        ("paced", ["/items/1", "/items/2"], ""),
        ("paced", ["/items/1", "/users/1", "/users/2"], SEVERAL_PATTERNS),
        ("paced", ["/items", "/items"], ONE_ADDRESS),
        ("paced", ["/1?token=hunter2", "/2?token=hunter2"], SECRET_ADDRESS),
        ("send_all", ["/orders", "/orders"], ""),
        ("send_all", ["/orders/1", "/orders/2"], SEVERAL_ADDRESSES),
        ("resilient", ["/items", "/items"], ""),
        ("send_all", ["/orders?token=hunter2"], SECRET_ADDRESS),
    ],
)
def test_why_a_command_has_no_address(recipe: str, paths: list[str], why: str) -> None:
    """It is said where one would be expected."""
    assert why_no_address(recipe, group_of(*paths)) == why
