"""The recipe `follow_pages` as a script: each page once, and on from the last one."""

from __future__ import annotations

import json
import re
import signal
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from inflight_lab.recipes.answers import NoAnswer
from inflight_lab.recipes.follow_pages import fetch, next_in_body, next_in_header
from inflight_lab.recipes.pages import Pages, address_in, open_pages
from inflight_lab.recipes.snippet import snippet
from tests.support.faults import answer
from tests.support.faulty_path import FaultyPath
from tests.support.paged_server import PagedServer
from tests.support.pasting import run, start
from tests.support.waiting import until


@pytest.fixture
def server() -> Iterator[PagedServer]:
    # A few more than the script sends: a busy machine holds requests up until several
    # arrive together.
    limits = {"quota": "sliding-window", "rate": 60}
    with PagedServer(pages=8, latency=0.05, **limits) as server:
        yield server


def paste(folder: Path, url: str, lists: Iterable[str], **settings: object) -> Path:
    """The script in a file of its own, with its settings changed."""
    script = folder / "my_script.py"
    urls = [f"{url}?list={name}" for name in lists]
    changed = {"QUOTAS": [(40, 1)], **settings}
    script.write_text(snippet("follow_pages", URLS=urls, **changed), encoding="utf-8")
    return script


def pages_in(folder: Path) -> list[Any]:
    """The pages in the file, every line of which is whole."""
    text = (folder / "results.jsonl").read_text("ascii")
    assert text.endswith("\n") or not text
    return [json.loads(line)["data"] for line in text.splitlines()]


def asked_for(path: FaultyPath) -> Counter[str]:
    """How often each page was asked for."""
    return Counter(re.findall(r"^GET \S*\?list=(\S+)", "\n".join(path.heads), re.M))


@pytest.mark.anyio
@pytest.mark.parametrize("link", ["header", "body"])
async def test_all_pages_of_all_lists(
    server: PagedServer, tmp_path: Path, link: str
) -> None:
    """Several lists at once, each page is asked for once, and there is no 429."""
    server.link = link
    script = paste(tmp_path, server.url, "abc")
    assert await run(script, tqdm=False) == (
        0,
        "24 pages are in results.jsonl; 3 of 3 lists are complete.\n",
        "",
    )
    stats = server.stats()
    assert (stats.accepted, stats.refused) == (24, 0)
    assert 1 < stats.peak_in_flight <= 3
    pages = pages_in(tmp_path)
    items = pages if link == "header" else [page["items"] for page in pages]
    assert sorted(item[:2] for item in items) == [
        [name, page] for name in "abc" for page in range(1, 9)
    ]


@pytest.mark.anyio
async def test_killed_and_started_again(server: PagedServer, tmp_path: Path) -> None:
    """After kill -9 and with a line cut short, the next start goes on after the last
    page of each list, and asks for no page that was written.
    """
    async with FaultyPath(server, b"", "reset", harmed={3, 12}) as path:
        script = paste(tmp_path, path.url, "abc")
        first = await start(script)
        await until(lambda: server.stats().accepted >= 9)
        first.send_signal(signal.SIGKILL)
        await first.communicate()
        await path.quiet()
        written = pages_in(tmp_path)
        assert 0 < len(written) < 24
        with (tmp_path / "results.jsonl").open("a") as file:
            file.write('{"key": "http')
        before = asked_for(path)
        status, out, err = await run(script, tqdm=False)
    assert (status, err) == (0, "")
    assert out.endswith("24 pages are in results.jsonl; 3 of 3 lists are complete.\n")
    again = asked_for(path) - before
    assert len(again) == 24 - len(written)
    pages = [[name, page] for name in "abc" for page in range(1, 9)]
    assert sorted(page[:2] for page in pages_in(tmp_path)) == pages


@pytest.mark.anyio
async def test_a_page_that_fails_ends_its_list(
    server: PagedServer, tmp_path: Path
) -> None:
    """The report names it, the other lists go on, and the next start goes on there."""
    async with FaultyPath(server, answer(400), harmed={2}) as path:
        script = paste(tmp_path, path.url, "ab", LIMIT=1)
        status, out, _ = await run(script, tqdm=False)
        assert status == 1
        assert out.splitlines() == [
            "9 pages are in results.jsonl; 1 of 2 lists are complete.",
            f"1 missing ({path.url}?list=a&page=2): status 400: Bad Request",
            "The next start asks for these, and for all pages after them.",
        ]
        assert asked_for(path).total() == 10
        assert (await run(script))[0] == 0
    assert asked_for(path).total() == 17
    assert len(pages_in(tmp_path)) == 16


@pytest.mark.anyio
async def test_401_sends_nothing_more(server: PagedServer, tmp_path: Path) -> None:
    """One is enough, and no list is lost: the next start goes on with all of them."""
    async with FaultyPath(server, answer(401), harmed={4}) as path:
        script = paste(tmp_path, path.url, "abc", LIMIT=1)
        status, out, _ = await run(script, tqdm=False)
        assert status == 1
        answered, missing, _ = out.splitlines()
        assert answered == "4 pages are in results.jsonl; 0 of 3 lists are complete."
        assert missing.startswith("3 missing (")
        assert missing.endswith(
            "given up: status 401: Unauthorized (is the token right?)"
        )
        assert asked_for(path).total() == 5
        assert (await run(script))[0] == 0
    assert asked_for(path).total() == 25


# ---- Where the next page is

URL = "https://api.example.com/items?page=1"


def response(*, link: str = "", body: object = ()) -> httpx.Response:
    """A page."""
    request = httpx.Request("GET", URL)
    headers = {"Link": link} if link else {}
    return httpx.Response(200, headers=headers, json=body, request=request)


def test_githubs_header() -> None:
    """The link that is called next, among others; the last page has none."""
    links = '<https://a.example/?page=9>; rel="last", <https://a.example/?page=2>; '
    assert next_in_header(response(link=f'{links}rel="next"')) == (
        "https://a.example/?page=2"
    )
    assert next_in_header(response(link='<https://a.example/>; rel="prev"')) is None
    assert next_in_header(response()) is None


def test_next_in_the_body() -> None:
    """The name is next; the last page has None there, or nothing, or is a list."""
    assert next_in_body(response(body={"next": "/?page=2"})) == "/?page=2"
    for body in ({"next": None}, {"items": []}, [1, 2]):
        assert next_in_body(response(body=body)) is None


def test_a_link_without_a_host() -> None:
    """It is at the same host, whatever its form; an empty one is none."""
    for link in (
        "/items?page=2",
        "?page=2",
        "https://api.example.com:443/items?page=2",
    ):
        found = address_in(link, response())
        assert found == "https://api.example.com/items?page=2"
    assert address_in("", response()) is None
    assert address_in(None, response()) is None


def test_http_behind_a_proxy_becomes_https() -> None:
    """An API that does not know of its https never makes the token travel without."""
    found = address_in("http://api.example.com/items?page=2", response())
    assert found == "https://api.example.com/items?page=2"


ELSEWHERE = [
    "https://b.example/",
    "http://b.example/",
    "https://api.example.com:444/",
    "https://api.example.com.b.example/",
    "https://api.example.com@b.example/",
]


@pytest.mark.parametrize("link", ELSEWHERE)
def test_no_other_host_gets_the_token(link: str) -> None:
    """A page that is elsewhere is an error that names it."""
    why = f"^the next page is not at https://api.example.com: {link}$"
    with pytest.raises(NoAnswer, match=why):
        address_in(link, response())


@pytest.mark.parametrize("link", [2, {"href": "/?page=2"}], ids=str)
def test_a_link_that_is_no_address(link: object) -> None:
    """The error shows what came, and names the function to change."""
    why = f"the next page must be an address, got {link}: change next_in_body"
    with pytest.raises(NoAnswer, match=f"^{re.escape(why)}$"):
        address_in(link, response())


@pytest.mark.anyio
async def test_a_page_that_is_not_json() -> None:
    """The error is the same as in `fetch_all`, and not the parser's."""

    def answer_in_html(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, html="<p>Please log in.</p>")

    transport = httpx.MockTransport(answer_in_html)
    async with httpx.AsyncClient(transport=transport) as client:
        why = "^status 200, but the answer is not JSON$"
        with pytest.raises(NoAnswer, match=why):
            await fetch(client, {"key": URL})


# ---- The file


def fetch_all(pages: Pages, links: dict[str, str]) -> list[str]:
    """Fetch all pages, where ``links`` are from a page to the next; in which order."""
    fetched = []
    for first in pages.missing():
        for page in pages.missing_from(first):
            url = page["key"]
            fetched.append(url)
            pages.add(page | {"next": links.get(url)}, {"status": 200, "data": url})
    return fetched


def test_a_circle_ends(tmp_path: Path) -> None:
    """An API whose last page links to an earlier one does not keep the script busy."""
    links = {"1": "2", "2": "3", "3": "2"}
    path = str(tmp_path / "results.jsonl")
    for expected in (["1", "2", "3"], []):
        with open_pages(path, ["1"]) as pages:
            assert fetch_all(pages, links) == expected
            assert [outcome["data"] for outcome in pages.in_order()] == ["1", "2", "3"]


def test_lists_that_meet(tmp_path: Path) -> None:
    """A page that two lists lead to is fetched once, and so is a list given twice."""
    links = {"a": "c", "b": "c", "c": "d"}
    path = str(tmp_path / "results.jsonl")
    with open_pages(path, ["a", "b", "a"]) as pages:
        assert fetch_all(pages, links) == ["a", "c", "d", "b"]
        in_order = [outcome["data"] for outcome in pages.in_order()]
    assert in_order == ["a", "c", "d", "b", "a", "c", "d"]


def test_a_list_that_began_in_the_middle(tmp_path: Path) -> None:
    """If its last pages were fetched first, they are not fetched again, although they
    stand before the others in the file.
    """
    links = {"1": "2", "2": "3", "3": "4"}
    path = str(tmp_path / "results.jsonl")
    for first, expected in (("3", ["3", "4"]), ("1", ["1", "2"]), ("1", [])):
        with open_pages(path, [first]) as pages:
            assert fetch_all(pages, links) == expected
    with open_pages(path, ["1"]) as pages:
        assert [outcome["data"] for outcome in pages.in_order()] == list("1234")


def test_what_a_page_passes_on(tmp_path: Path) -> None:
    """The page after it has it, also at the next start, but not the one after that."""
    path = str(tmp_path / "results.jsonl")
    with open_pages(path, ["1"]) as pages:
        page = {"key": "1", "next": "2", "pass_on": {"turn": "7"}}
        pages.add(page, {"status": 200, "data": None})
    with open_pages(path, ["1"]) as pages:
        assert pages.missing() == [{"key": "2", "turn": "7"}]
        pages.add({"key": "2", "turn": "7", "next": "3"}, {"status": 200, "data": None})
        assert pages.missing() == [{"key": "3"}]


def test_nobody_knows_how_many_pages_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """So the progress names no total: a list would always be nearly complete."""
    monkeypatch.setitem(sys.modules, "tqdm", None)
    links = {str(number): str(number + 1) for number in range(1, 150)}
    with open_pages(str(tmp_path / "results.jsonl"), ["1"]) as pages:
        fetch_all(pages, links)
    assert capsys.readouterr().out == "100 so far\n"
