"""The results file of the recipes: what is kept, healed, and left alone."""

from __future__ import annotations

import errno
import json
import os
import re
import sys
from io import FileIO
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inflight_lab.recipes.progress import Progress
from inflight_lab.recipes.report import report
from inflight_lab.recipes.results_file import ResultsFile, open_results
from inflight_lab.recipes.settings import Stop

ITEMS = [{"key": f"https://a.example/{id}", "id": id} for id in ("1", "ü", 3)]
LINE = '{"key": "https://a.example/1", "id": "1", "status": 200, "data": {}}\n'


@pytest.fixture(autouse=True)
def _no_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tqdm", None)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where the results go."""
    return tmp_path / "results.jsonl"


def keys_in(path: Path) -> list[str]:
    """Whose answers are in the file, of which each line is whole."""
    text = path.read_text("ascii")
    assert text.endswith("\n") or not text
    return [json.loads(line)["key"] for line in text.splitlines()]


def fill(path: Path) -> None:
    """Give each item an answer."""
    with open_results(str(path), ITEMS) as results:
        for item in results.missing():
            results.add(item, {"status": 200, "data": {"said": "grüß dich\n"}})


def test_answers_are_kept_and_errors_are_not(path: Path) -> None:
    """An answer is in the file as soon as it is added; the next start knows it, and
    asks again for what has failed.
    """
    with open_results(str(path), ITEMS) as results:
        first, second, _third = results.missing()
        results.add(first, {"status": 200, "data": None})
        assert keys_in(path) == [first["key"]]
        results.add(second, {"error": "status 500"})
        assert [item["id"] for item in results.missing()] == [3]
    with open_results(str(path), ITEMS) as results:
        assert [item["id"] for item in results.missing()] == ["ü", 3]
        assert results.outcomes[first["key"]] == first | {"status": 200, "data": None}


def test_practice_answers_are_kept_apart(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What practice answered is asked for again when the script runs for real."""
    monkeypatch.setenv("INFLIGHT_LAB_PRACTICE", "8000")
    fill(path)
    assert len(keys_in(path.with_name("practice-results.jsonl"))) == len(ITEMS)
    monkeypatch.setenv("INFLIGHT_LAB_PRACTICE", "0")
    with open_results(str(path), ITEMS) as results:
        assert len(results.missing()) == len(ITEMS)


def test_the_bar_ends_however_the_script_ends(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After Ctrl-C too: in a notebook, the next bar would stand below it otherwise."""
    closed: list[bool] = []
    monkeypatch.setattr(Progress, "close", lambda progress: closed.append(True))
    with pytest.raises(KeyboardInterrupt), open_results(str(path), ITEMS):
        raise KeyboardInterrupt
    assert closed


def test_answers_of_other_items_stay(path: Path) -> None:
    """Today's items may differ from yesterday's, whose answers were paid for."""
    other = LINE.replace("/1", "/99")
    path.write_text(other)
    with open_results(str(path), ITEMS) as results:
        assert len(results.missing()) == 3
        assert results.outcomes == {}
    fill(path)
    assert path.read_text().startswith(other)
    assert len(keys_in(path)) == 4


@settings(max_examples=60)
@given(st.data())
def test_any_cut_is_healed(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Wherever a power cut ended the file, the next start goes on from the last whole
    line.
    """
    path = tmp_path_factory.mktemp("cut") / "results.jsonl"
    fill(path)
    whole = path.read_bytes()
    cut = data.draw(st.integers(0, len(whole)))
    path.write_bytes(whole[:cut])
    with open_results(str(path), ITEMS) as results:
        assert len(results.missing()) == 3 - whole[:cut].count(b"\n")
    fill(path)
    assert path.read_bytes() == whole


NOT_OURS = {
    "not JSON": "id,value\n1,2\n",
    "JSON, but not our lines": '{"a": 1}\n',
    "one line without an end": '{"a": 1}',
    "a text": "dear diary",
    "a broken line in the middle": LINE + '{"key": "https\n' + LINE,
    "a broken line of another kind": LINE + "oops\n" + LINE,
    "not ASCII": "Köln\n",
}


@pytest.mark.parametrize("text", NOT_OURS.values(), ids=NOT_OURS)
def test_a_file_with_something_else_is_left_alone(text: str, path: Path) -> None:
    """Not a byte of it changes, and the error says what to do."""
    path.write_text(text, "utf-8")
    with (
        pytest.raises(Stop, match=r"holds something else: name another file$"),
        open_results(str(path), ITEMS),
    ):
        pass
    assert path.read_text("utf-8") == text


def test_the_report_does_not_list_every_kind_of_error(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where each item has its own, ten are shown, and how many more there are."""
    items = [{"key": str(number)} for number in range(12)]
    with open_results(str(path), items) as results:
        for item in items:
            results.add(item, {"error": f"status 400: Bad id {item['key']}."})
        report(results)
    *_, last, more, _what_next = capsys.readouterr().out.splitlines()
    assert last == "1 missing (9): status 400: Bad id 9."
    assert more == "2 more kinds of errors"


def test_an_item_that_is_given_twice_has_two_outcomes(path: Path) -> None:
    """It is asked for once, and the report returns an outcome for each, in order, with
    the id as it was given.
    """
    items = [{"key": str(id), "id": id} for id in (1, 1, 2, "1")]
    with open_results(str(path), items) as results:
        assert [item["key"] for item in results.missing()] == ["1", "2"]
        for item in results.missing():
            results.add(item, {"status": 200, "data": item["key"]})
        outcomes = report(results)
    assert [outcome["id"] for outcome in outcomes] == [1, 1, 2, "1"]
    assert [outcome["data"] for outcome in outcomes] == ["1", "1", "2", "1"]


@pytest.mark.parametrize("method", ["seek", "write", "truncate"])
def test_a_file_that_cannot_be_written_to(path: Path, method: str) -> None:
    """Whatever the disk refuses stops the script with words, not with a traceback."""

    class Failing(FileIO):
        def write(self, line: bytes) -> int:  # there is room for ten bytes
            return super().write(line[:10])

    def fail(*_: object) -> int:
        raise OSError(errno.EIO, "Input/output error")

    with Failing(path, "ab+") as file:
        results = ResultsFile(file, ITEMS)
        setattr(file, method, fail)
        with pytest.raises(Stop, match=r"^cannot write to .*: Input/output error$"):
            results.add(ITEMS[0], {"status": 200, "data": None})


class NotJson(NamedTuple):
    """What JSON has no form for, and how the error puts it."""

    value: object
    error: str


def circular() -> list[object]:
    """A list that holds itself."""
    items: list[object] = []
    items.append(items)
    return items


def deep(levels: int) -> list[object]:
    """A list in a list in a list."""
    items: list[object] = []
    for _ in range(levels):
        items = [items]
    return items


NOT_JSON = {
    "a pair as a name": NotJson({(1, 2): 3}, "keys must be str, int"),
    "a circle": NotJson(circular(), "Circular reference"),
    "too deep": NotJson(deep(200_000), "maximum recursion depth exceeded"),
}


@pytest.mark.parametrize("case", NOT_JSON.values(), ids=NOT_JSON)
def test_an_answer_that_is_not_json_costs_only_its_item(
    path: Path, case: NotJson, capsys: pytest.CaptureFixture[str]
) -> None:
    """The report names the item and says why; the other answers are in the file."""
    with open_results(str(path), ITEMS) as results:
        first, second, third = results.missing()
        results.add(first, {"status": 200, "data": None})
        results.add(second, {"status": 200, "data": case.value})
        results.add(third, {"status": 200, "data": None})
        report(results)
    assert keys_in(path) == [first["key"], third["key"]]
    _, missing, _ = capsys.readouterr().out.splitlines()
    why = f"the answer cannot be written as JSON: {case.error}"
    assert missing.startswith(f"1 missing (ü): {why}")


@pytest.mark.parametrize("case", NOT_JSON.values(), ids=NOT_JSON)
def test_an_item_that_is_not_json(path: Path, case: NotJson) -> None:
    """Nothing has been sent by then, and the error names the item."""
    item = {"key": "7", "body": case.value}
    why = f"^the item 7 cannot be written as JSON: {case.error}"
    with (
        pytest.raises(Stop, match=why),
        open_results(str(path), [*ITEMS, item]),
    ):
        pass


@pytest.mark.parametrize("item", [{"id": 7}, {"key": 7}], ids=str)
def test_an_item_without_a_key(path: Path, item: dict[str, object]) -> None:
    """Its line could not be read at the next start, so it is an error at once."""
    why = re.escape(f'an item must have a text as its "key", got {item}')
    with pytest.raises(Stop, match=why), open_results(str(path), [item]):
        pass


@pytest.mark.parametrize("name", ["status", "data", "error"])
def test_a_field_that_the_outcome_has(path: Path, name: str) -> None:
    """The item's own would be mistaken for the answer's, so nothing is sent."""
    why = f'^the item 7 has a field "{name}": rename it, it is taken$'
    item = {"key": "7", name: "mine"}
    with pytest.raises(Stop, match=why), open_results(str(path), [item]):
        pass


def test_the_key_comes_first_in_a_line(path: Path) -> None:
    """However the item was written: the next start knows its lines by that."""
    item = {"id": 7, "key": "7"}
    for missing in ([item], []):
        with open_results(str(path), [item]) as results:
            assert results.missing() == missing
            results.add(item, {"status": 200, "data": None})


class Lock(NamedTuple):
    """Why a file cannot be locked, and what the script says."""

    code: int
    message: str


LOCKS = [
    Lock(errno.EAGAIN, "is in use: is the script running?"),
    Lock(errno.EACCES, "is in use: is the script running?"),
    Lock(errno.ENOLCK, rf"cannot lock .*: {os.strerror(errno.ENOLCK)}"),
]


@pytest.mark.skipif(not hasattr(os, "lockf"), reason="there are no locks on Windows")
@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: errno.errorcode[lock.code])
def test_a_file_that_cannot_be_locked(
    path: Path, lock: Lock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder on a network that has no locks is not reported as in use."""

    def refuse(*_: object) -> None:
        raise OSError(lock.code, os.strerror(lock.code))

    monkeypatch.setattr(os, "lockf", refuse)
    with pytest.raises(Stop, match=lock.message), open_results(str(path), ITEMS):
        pass


def test_reasons_that_differ_in_numbers_are_said_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Thousands of refusals, each with its own seconds and id, make one line; another
    status makes another.
    """
    progress = Progress(10, done=0)
    for number in range(50):
        progress.say_once(
            f"Trying again: status 429: Wait {number}.5s (request req_{number}x)"
        )
    progress.say_once("Trying again: status 503")
    progress.say_once("Trying again: status 529")
    assert capsys.readouterr().out.splitlines() == [
        "Trying again: status 429: Wait 0.5s (request req_0x)",
        "Trying again: status 503",
        "Trying again: status 529",
    ]


def test_a_file_that_cannot_be_opened(tmp_path: Path) -> None:
    """Nothing has been sent by then, and the error says which file it is."""
    path = str(tmp_path / "nowhere" / "results.jsonl")
    with (
        pytest.raises(Stop, match=f"^cannot open {re.escape(path)}: No such file"),
        open_results(path, ITEMS),
    ):
        pass


def test_the_report_names_what_is_missing(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """How many, which, why, and what to do next; a long list is cut."""
    items = [{"key": str(number), "id": number} for number in range(20)]
    with open_results(str(path), items) as results:
        first, second, *others = items
        results.add(first, {"status": 200, "data": None})
        results.add(second, {"error": "status 403: Not yours."})
        for item in others:
            results.add(item, {"error": "ReadError"})
        assert report(results) == [results.outcomes[str(n)] for n in range(20)]
    assert capsys.readouterr().out.splitlines() == [
        f"1 of 20 have an answer in {path}.",
        "1 missing (1): status 403: Not yours.",
        "18 missing (2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 8 more): ReadError",
        "The next start asks for these only.",
    ]
