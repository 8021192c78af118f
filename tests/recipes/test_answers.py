"""`AnswerFile`: nothing that was written is lost, and nothing else is."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from inflight_lab import AnswerFile, NoAnswer, Patience, Stop
from tests.support.waiting import PATIENCE, until

Start = Callable[[], AnswerFile]
LINES = b"""\
{"key": 1, "data": "one"}
{"key": 2, "data": null}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the answers are."""
    return tmp_path / "results.jsonl"


@pytest.fixture
def start(path: Path) -> Iterator[Start]:
    """Opens the file, as each start of a script does."""
    with ExitStack() as stack:
        yield lambda: stack.enter_context(AnswerFile(str(path)))


def test_what_was_written_is_there_after_a_new_start(path: Path, start: Start) -> None:
    """A text or a number is its key, and these differ; a missing one is not there."""
    answers = start()
    answers.add("https://api.test/a?b=ü", {"x": [1, None]})
    answers.add(2, None)
    again = start()
    assert "https://api.test/a?b=ü" in again.kept
    assert 2 in again.kept
    assert "2" not in again.kept
    assert len(again.kept) == 2
    first = json.loads(path.read_text("ascii").splitlines()[0])
    assert first["key"] == "https://api.test/a?b=ü"
    assert first["data"] == {"x": [1, None]}


@pytest.mark.parametrize("cut", range(len(LINES)))
def test_any_cut_is_healed(cut: int, path: Path, start: Start) -> None:
    """Wherever a kill cuts the file, whole lines stay and the next one is whole."""
    path.write_bytes(LINES[:cut])
    answers = start()
    assert len(answers.kept) == LINES[:cut].count(b"\n")
    answers.add("next", 3)
    assert [json.loads(line)["data"] for line in path.read_bytes().splitlines()] == [
        *["one", None][: len(answers.kept) - 1],
        3,
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such limit")
def test_half_a_line_is_removed(path: Path, start: Start) -> None:
    """Where the disk is full, the next answer does not follow it."""
    resource = pytest.importorskip("resource")
    answers = start()
    answers.add(1, "one")
    room = path.stat().st_size + 20
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, limits[1]))
    try:
        with pytest.raises(OSError, match="no room for a whole line"):
            answers.add(2, "x" * 100)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    answers.add(3, "three")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["key"] for line in lines] == [1, 3] == [*answers.kept]


@pytest.mark.parametrize(
    "text",
    [
        *("{}\n", "[1, 2]", "id,name\n1,a\n", "\n", "null\n", "{"),
        *('{"key": 1}\n\n', '{"key": }\n', '{"key": [], "data": 1}\n'),
        *("{}", '{"id": 1, "data": 2}\n', "a note"),
    ],
)
def test_a_file_with_something_else_is_left_alone(
    text: str, path: Path, start: Start
) -> None:
    """Not a byte of it is changed, and the error names it."""
    path.write_text(text)
    if text == "{":  # this may be the beginning of a line of ours
        start()
        return
    with pytest.raises(ValueError, match=r"results\.jsonl has other lines"):
        start()
    assert path.read_text() == text


@pytest.mark.anyio
async def test_collect_asks_once_for_what_is_missing(
    path: Path, start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    """At most ``limit`` at a time; an error costs its own key, and is said."""
    answers = start()
    answers.add("old", 0)
    asked, inside, peak = [], 0, 0

    async def ask(key: str) -> str | None:
        nonlocal inside, peak
        asked.append(key)
        inside += 1
        peak = max(peak, inside)
        await asyncio.sleep(0)
        inside -= 1
        if key == "bad":
            raise NoAnswer("status 400: no")
        if key == "no JSON":
            raise ValueError("line 1")
        return None if key == "gap" else key

    keys = ["old", "a", "b", "bad", "no JSON", "gap"]
    assert not await answers.collect(keys, ask, Patience(), limit=3)
    assert sorted(asked) == ["a", "b", "bad", "gap", "no JSON"]
    assert peak == 3
    out = capsys.readouterr().out
    assert "4 of 6 have an answer" in out
    assert "1 of these say that there is no such item." in out
    assert "x 'bad': NoAnswer('status 400: no')\n" in out
    assert "x 'no JSON': ValueError('line 1')\n" in out
    assert await answers.collect(["new", "a", "new"], ask, Patience(), limit=3)
    assert asked[5:] == ["new"]
    assert "1 to ask for" in (out := capsys.readouterr().out)
    assert "2 of 2 have an answer" in out


@pytest.mark.anyio
async def test_who_has_no_such_item_has_an_answer(start: Start) -> None:
    """A script that has met a 404 is done: it must not end as one that lacks some."""

    async def ask(key: int) -> int | None:
        return key or None

    answers = start()
    assert await answers.collect([0, 1, 2], ask, Patience(), limit=1)
    assert answers.kept == {0: False, 1: True, 2: True}


@pytest.mark.anyio
async def test_if_nothing_exists_the_address_is_wrong(
    start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    """No start ends as one that has all, and each says why; a kill costs nothing, and
    another address has other keys.
    """
    answers = start()

    queue = list(range(1, 31))

    async def ask(key: int) -> None:
        assert len(answers.kept) == 30 - queue.pop()

    for each in (answers, answers, None):
        collect = (each or start()).collect
        assert not await collect(range(30), ask, Patience(), limit=1)
        out = capsys.readouterr().out
        assert "30 of 30 have an answer" in out
        assert "is the URL right?" in out


@pytest.mark.anyio
async def test_a_failure_names_the_whole_address(
    start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    """An id is often its last part."""
    url = f"https://api.test/{'collection/' * 20}items/4711"

    async def ask(key: str) -> None:
        raise NoAnswer("status 400")

    assert not await start().collect([url], ask, Patience(), limit=1)
    assert f"x '{url}': " in capsys.readouterr().out


@pytest.mark.anyio
async def test_stop_ends_all_at_once(
    start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where no answer will come or can be kept: nobody sits out a long pause, nothing
    more is asked for, and only what is written counts as answered.
    """
    answers = start()
    asked = []

    async def ask(key: int) -> int:
        asked.append(key)
        if len(asked) == 3:
            raise Stop("no money is left")
        await asyncio.sleep(0 if len(asked) == 1 else 600)
        return key

    async with asyncio.timeout(PATIENCE):
        assert not await answers.collect(range(100), ask, Patience(), limit=2)
    assert len(asked) == 3
    assert answers.kept.keys() == {asked[0]}
    out = capsys.readouterr().out
    assert "1 of 100 have an answer" in out
    assert "Stopped: no money is left" in out


FAILURES = [
    KeyError("data"),
    ValueError("no JSON"),
    TimeoutError("a second step"),
    TypeError("Object of type Response is not JSON serializable"),
    NoAnswer("status 401 Bad key"),
    NoAnswer("status 403 Request blocked."),
]


@pytest.mark.anyio
@pytest.mark.parametrize("error", FAILURES, ids=repr)
async def test_an_error_of_one_item_is_its_own(
    error: Exception, start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    """All others have an answer after one start, whatever was raised."""

    async def ask(key: int) -> int:
        if key % 3 == 0:
            raise error
        return key

    answers = start()
    assert not await answers.collect(range(300), ask, Patience(), limit=7)
    assert answers.kept.keys() == {key for key in range(300) if key % 3}
    assert f"x 297: {error!r}\n" in capsys.readouterr().out


@pytest.mark.anyio
@pytest.mark.parametrize("error", FAILURES, ids=repr)
@pytest.mark.parametrize(("kept", "sent"), [(0, 10), (1, 50), (100, 50)])
async def test_where_all_fail_the_run_ends(
    kept: int,
    sent: int,
    error: Exception,
    start: Start,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """At the start soon, as with a wrong key or a slip in the script; later, as with a
    ban, after 50 in a row.  It says why.
    """
    answers, failed = start(), 0

    async def ask(key: int) -> int:
        nonlocal failed
        if len(answers.kept) < kept:
            return key
        failed += 1
        raise error

    assert not await answers.collect(range(500), ask, Patience(), limit=1)
    assert (len(answers.kept), failed) == (kept, sent)
    out = capsys.readouterr().out
    assert f"Stopped: {sent} failures in a row: {error!r}\n" in out
    assert f"{kept} of 500 have an answer" in out


@pytest.mark.anyio
async def test_where_all_fail_it_ends_for_one_api_alone(start: Start) -> None:
    """Another, whose answers go into the same file, goes on."""
    answers = start()

    async def ask(key: int) -> int:
        await asyncio.sleep(0)
        return key

    async def fail(key: int) -> None:
        await asyncio.sleep(0)
        failed.append(key)
        raise NoAnswer("status 403")

    failed: list[int] = []
    is_all = await asyncio.gather(
        answers.collect(range(300), ask, Patience(), limit=1),
        answers.collect(range(300, 600), fail, Patience(), limit=1),
    )
    assert is_all == [True, False]
    assert len(failed) in (10, 50)


@pytest.mark.anyio
async def test_an_interrupted_run_says_what_it_has(
    start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    """Ctrl-C cancels it."""

    async def ask(key: int) -> int:
        if key:
            await asyncio.sleep(600)
        return key

    answers = start()
    run = asyncio.create_task(answers.collect(range(2), ask, Patience(), limit=2))
    await until(lambda: 0 in answers.kept)
    run.cancel()
    with pytest.raises(asyncio.CancelledError):
        await run
    assert "1 of 2 have an answer" in capsys.readouterr().out


@pytest.mark.anyio
async def test_progress_is_lines_for_a_log(
    start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    """One for each hundred, and the first one before anything is asked.  They say how
    many are answered, and how often the API has refused.
    """
    answers, patiently = start(), Patience()

    async def ask(key: int) -> int:
        if not answers.kept:
            assert capsys.readouterr().out == "240 to ask for\n"
        patiently.refused += 1
        return key

    await answers.collect(range(240), ask, patiently, limit=9)
    first, *_, last, _, _ = capsys.readouterr().out.splitlines()
    assert first == "39 answered, 39 refused, 200 not asked for yet"
    assert last == "239 answered, 239 refused, 0 not asked for yet"
