"""Runs in a file: what comes back is what was saved, and a damaged file is refused."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from inflight_lab.runs import recording
from inflight_lab.runs import run as run_module
from inflight_lab.runs.columns import from_columns
from inflight_lab.runs.events import Stats
from inflight_lab.runs.recording import FORMAT, MAX_BYTES, load, save
from inflight_lab.runs.run import RequestEvent, Run, outcomes_in

SLIDING = {
    "time": 0,
    "kind": "sliding-window",
    "rate": 7,
    "period": 2.0,
    "burst": 1,
    "tokens": 0,
}


def columns(**changes: object) -> dict[str, Any]:
    """Those of a run of two requests: one was refused, one is under way."""
    sound = {
        "now": 0.25,
        "live": False,
        "window_offset": 0.4,
        "counts": vars(Stats(started=2, in_flight=1, refused=1)),
        "dropped": {"accepted": 0, "refused": 0, "failed": 0, "cancelled": 0},
        "policies": [SLIDING, {"time": 0.2, "kind": "none"}],
        "levels": {
            "server": {"times": [0.1], "lowest": [0], "highest": [2], "last": [1]}
        },
        "events": {
            "times": [0.1, 0.1, 0.2],
            "what": ["sent", "sent", "answered"],
            "requests": [0, 1, 1],
            "details": [None, None, 429],
            "quota": [None, None, None],
        },
    }
    return sound | changes


def filed(*runs: object, **more: object) -> str:
    """The text of a file with these runs."""
    named = {str(number): run for number, run in enumerate(runs)}
    return json.dumps({"format": FORMAT, "runs": named} | more)


def one(**changes: object) -> str:
    """The text of a file with one run."""
    return filed(columns(**changes))


def without(field: str) -> str:
    """The same, but a field is missing."""
    left = columns()
    del left[field]
    return filed(left)


def policy(**changes: object) -> str:
    """The same with another policy."""
    return one(policies=[SLIDING | changes])


def line(name: str, **changes: object) -> str:
    """The same with one other line."""
    point = {"times": [0.1], "lowest": [1], "highest": [1], "last": [1]}
    return one(levels={name: point | changes})


def event(what: object, request: object, detail: object, **changes: object) -> str:
    """The same with one other event."""
    row = {
        "times": [0.1],
        "what": [what],
        "requests": [request],
        "details": [detail],
        "quota": [None],
    }
    return one(events=row | changes)


class Damage(NamedTuple):
    """What is in a file, and what the error says of it."""

    text: str | bytes
    problem: str


NOT_JSON = {
    "nothing": Damage("", "line 1 column 1"),
    "blanks": Damage(" \n ", "line 2 column 2"),
    "words": Damage("a recording", "line 1 column 1"),
    "another notation": Damage("<svg/>", "line 1 column 1"),
    "half a file": Damage(one()[:60], "line 1 column"),
    "two files in one": Damage(one() * 2, "Extra data: line 1"),
    "not UTF-8": Damage(b'{"format": "\xff"}', "codec can't decode byte 0xff"),
    "zero bytes": Damage(b"\0" * 100, "line 1 column 1"),
    "too deep a list": Damage("[" * 100_000, "recursion"),
    "too deep in its place": Damage(
        f'{{"format": "{FORMAT}", "runs": {"[" * 100_000}', "recursion"
    ),
    "too large": Damage(one() + " " * MAX_BYTES, "more than 5,000,000 bytes"),
    "a number of 5,000 digits": Damage(
        one().replace("0.25", "1" * 5000), "4300 digits"
    ),
}
NOT_A_RECORDING = {
    "a list": Damage("[]", r"format must be .* got \[\]"),
    "null": Damage("null", "format must be .* got None"),
    "no format": Damage(
        '{"runs": {}}', "format must be 'inflight-lab recording 4', got None"
    ),
    "the version before": Damage(
        one().replace("g 4", "g 3"), "must be .* 4', got 'inflight-lab recording 3'"
    ),
    "a format of another kind": Damage(filed(format=1), "format must be .* got 1"),
    "no runs": Damage(
        f'{{"format": "{FORMAT}"}}',
        "runs must be an object with runs by name, got None",
    ),
    "not one run": Damage(filed(), "runs must be an object with runs by name"),
    "runs in a list": Damage(filed(runs=[columns()]), "runs must be an object"),
    "a run that is null": Damage(filed(None), "runs.0 must be an object with now"),
    "a run in a list": Damage(filed([]), r"runs.0 must be an .* got \[\]"),
    "the second run": Damage(filed(columns(), 3), "runs.1 must be an object with now"),
    "a field missing": Damage(
        without("events"), "runs.0 must be an object with now, live, .*events; optional"
    ),
    "neither an offset nor its older name": Damage(
        without("window_offset"), "runs.0 must be an object with .*window_offset, .*got"
    ),
    "a field unknown": Damage(one(speed=1), "runs.0 must be an object with now, live"),
}
NOT_A_STATE = {
    "a time of text": Damage(
        one(now="0.1"), "runs.0.now must be a number of seconds, 0 to 3600, got '0.1'"
    ),
    "a run faster than it was": Damage(one(slow=0.5), "runs.0.slow must be 1 to 1000"),
    "a time that is NaN": Damage(one(now=float("nan")), "must be 0 to 3600, got nan"),
    "a time beyond all floats": Damage(
        one().replace("0.25", "1e999"), "now must be 0 to 3600, got inf"
    ),
    "a time of 30 years": Damage(one(now=1e9), "now must be 0 to 3600"),
    "live that is a number": Damage(one(live=1), "live must be true or false, got 1"),
    "stopped that is text": Damage(
        one(stopped="yes"), "stopped must be true or false, got 'yes'"
    ),
    "an offset of text": Damage(
        one(window_offset="1"), "window_offset must be a number"
    ),
    "counts in a list": Damage(one(counts=[]), "counts must be an object with started"),
    "a count too few": Damage(
        one(counts={"started": 1}), "counts must be an object with started, waiting"
    ),
    "a negative count": Damage(
        one(counts=vars(Stats(failed=-1))), "counts.failed must be 0 to"
    ),
    "a count that is true": Damage(
        one(counts=vars(Stats(failed=True))), "counts.failed must be a number.*got True"
    ),
    "an outcome missing": Damage(
        one(dropped={"failed": 1}), "dropped must be an object with accepted"
    ),
    "half a request dropped": Damage(
        one(dropped={"accepted": 0.5, "refused": 0, "failed": 0, "cancelled": 0}),
        "dropped.accepted must be an integer",
    ),
}
NOT_A_POLICY = {
    "policies by name": Damage(one(policies={}), "policies must be a list, got {}"),
    "a policy that is null": Damage(
        one(policies=[None]), r"policies\[0\] must be an object with time, kind"
    ),
    "of no kind": Damage(
        policy(kind="daily"), r"policies\[0\].kind must be one of 'fixed-window'"
    ),
    "none, with a rate": Damage(
        policy(kind="none"), r"policies\[0\] must be an object with time, kind; .*, got"
    ),
    "no rate": Damage(policy(rate=0), "rate must be more than 0, and finite, got 0"),
    "no period": Damage(policy(period=0), "period must be more than 0, and finite"),
    "tokens of text": Damage(policy(tokens="1"), "tokens must be an integer"),
    "a burst of text": Damage(policy(burst="1"), "burst must be an integer"),
    "in an hour and a half": Damage(policy(time=5400), "time must be 0 to 3600"),
}
NOT_A_LINE = {
    "levels in a list": Damage(
        one(levels=[]), "levels must be an object; optional: server, client"
    ),
    "a line unknown": Damage(
        line("cost"), "levels must be an object; optional: server"
    ),
    "a ceiling": Damage(line("quota"), "levels must be an object; optional: server"),
    "a line that is null": Damage(
        one(levels={"limit": None}), "levels.limit must be an object with times"
    ),
    "a number alone": Damage(
        line("limit", last=3), "levels.limit.last must be a list, got 3"
    ),
    "a level too few": Damage(
        line("limit", lowest=[]), r"levels.limit.lowest must be a list of 1, got \[\]"
    ),
    "a level that is NaN": Damage(
        line("rate", last=[float("nan")]), r"rate.last\[0\] must be .* got nan"
    ),
    "a huge level": Damage(
        line("rate", highest=[10**300]), r"rate.highest\[0\] must be 0 to"
    ),
    "a negative level": Damage(
        line("rate", lowest=[-1]), r"rate.lowest\[0\] must be 0 to 1000000000, got -1"
    ),
}
NOT_AN_EVENT = {
    "events in a list": Damage(one(events=[]), "events must be an object with times"),
    "a column that is null": Damage(
        event("sent", 0, None, details=None), "events.details must be a list, got None"
    ),
    "a detail too many": Damage(
        event("sent", 0, None, details=[1, 2]),
        r"events.details must be a list of 1, got \[1, 2\]",
    ),
    "no time": Damage(
        event("sent", 0, None, times=[None]),
        r"events.times\[0\] must be a number of seconds",
    ),
    "a time before the last": Damage(
        one(events=columns()["events"] | {"times": [0.1, 0.2, 0.1]}),
        r"events.times must be 0.2 or later after 0.2, got 0.1",
    ),
    "what is not a text": Damage(
        event(3, 0, None), r"events.what\[0\] must be one of 'taken', .* got 3"
    ),
    "what cannot happen": Damage(event("started", 0, None), r"what\[0\] must be one"),
    "half a request": Damage(
        event("sent", 0.5, None), r"requests\[0\] must be an integer or null"
    ),
    "a negative request": Damage(
        event("sent", -1, None), r"requests\[0\] must be 0 to 100000, got -1"
    ),
    "a detail in a list": Damage(
        event("sent", 0, []), r"details\[0\] must be an integer, a text or null"
    ),
    "a quota of text": Damage(
        event("arrived", 0, 200, quota=["7"]), r"quota\[0\] must be a number or null"
    ),
    "a quota that is infinite": Damage(
        event("arrived", 0, 200, quota=[float("inf")]), r"quota\[0\] must be -1000"
    ),
    "a slot that is null": Damage(
        event("taken", None, None),
        "runs.0: the detail of 'taken' must be an integer, 0 to 1000000000, got None",
    ),
    "a status of text": Damage(
        event("answered", 0, "x"), "the detail of 'answered' must be an integer"
    ),
    "so many were never sent, of text": Damage(
        event("failed", None, "x"), "the detail of 'failed' must be an integer"
    ),
}
DAMAGED = (
    NOT_JSON | NOT_A_RECORDING | NOT_A_STATE | NOT_A_POLICY | NOT_A_LINE | NOT_AN_EVENT
)


@pytest.mark.parametrize("damage", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_file_is_refused(tmp_path: Path, damage: Damage) -> None:
    """The error names the file and says what is wrong in it, and where."""
    path = tmp_path / "damaged.json"
    text = damage.text
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    says = rf"path must name a recording .*damaged\.json': .*{damage.problem}"
    with pytest.raises(ValueError, match=says) as error:
        load(path)
    assert len(str(error.value)) < 500


def test_the_undamaged_file_is_loaded(tmp_path: Path) -> None:
    """What the tables damage is sound before, so each is refused for its own damage."""
    # A recording from before there was slow motion was not slowed down.
    path = tmp_path / "sound.json"
    other = {"levels": {}, "policies": [], "slow": 5.0, "unlimited": True}
    path.write_text(filed(columns(), columns(**other)))
    assert load(path) == {
        "0": from_columns(columns()),
        "1": from_columns(columns(**other)),
    }
    assert [run.slow for run in load(path).values()] == [1, 5]


def test_an_older_recording_calls_the_offset_phase() -> None:
    """It is the same recording under the newer name."""
    older = columns()
    older["phase"] = older.pop("window_offset")
    assert recording.from_text(filed(older)) == recording.from_text(one())


def test_the_example_in_the_description_of_the_format_is_a_recording() -> None:
    """It stands indented there, and has a request of either outcome."""
    words = recording.__doc__ or ""
    example = words[words.index("    {") : words.index("`Run` says")]
    (run,) = recording.from_text(example).values()
    assert outcomes_in(run.events) == {"accepted": 1, "refused": 1}


def test_what_is_saved_comes_back_complete(tmp_path: Path) -> None:
    """Also of a run that went on as it was saved."""
    run = from_columns(columns(live=True))
    path = tmp_path / "run.json"
    save(path, {"Ada": run})
    run.live = False
    assert load(path) == {"Ada": run}


def test_a_file_is_not_read_to_an_end_that_may_be_far(tmp_path: Path) -> None:
    """Of 79 MB no more is read than a recording may have."""
    path = tmp_path / "large.json"
    with path.open("wb") as file:
        file.truncate(79_000_000)
    tracemalloc.start()
    with pytest.raises(ValueError, match="more than 5,000,000 bytes"):
        load(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * MAX_BYTES


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """It is an error of its own."""
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "missing.json")


def test_what_could_not_be_loaded_is_not_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is refused where it would be written, and the old file stays."""
    path = tmp_path / "run.json"
    save(path, {"": from_columns(columns())})
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"cannot be recorded: runs\.\.now must be 0"):
        save(path, {"": from_columns(columns(now=5000))})
    monkeypatch.setattr(recording, "MAX_BYTES", 300)
    with pytest.raises(
        ValueError, match="cannot be recorded: it has more than 300 bytes"
    ):
        save(path, {"": from_columns(columns())})
    assert path.read_bytes() == before


def test_a_run_that_has_not_begun_is_not_saved(tmp_path: Path) -> None:
    """The error says what to do, and there is no file."""
    path = tmp_path / "run.json"
    with pytest.raises(ValueError, match="no run to record yet: start one first"):
        save(path, {"one": from_columns(columns()), "other": Run()})
    assert not path.exists()


def test_a_run_that_is_too_long_is_not_saved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where rows were dropped there is an error, not half a run."""
    monkeypatch.setattr(run_module, "MAX_ROWS", 20)
    monkeypatch.setattr(recording, "MAX_ROWS", 20)
    run = Run()
    run.append(Run(events=[RequestEvent(1, "sent", 0, None)] * 23, now=1))
    path = tmp_path / "run.json"
    with pytest.raises(
        ValueError, match="too long to be recorded: it brought more than 20 rows"
    ):
        save(path, {"": run})
    assert not path.exists()
