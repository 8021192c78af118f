"""A run kept in a file and shown again: the same picture, nothing is sent, and a
damaged file is refused.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import tracemalloc
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from inflight_lab import Panel, PracticeServer, Replay, Stats
from inflight_lab.panel import lane, recording
from inflight_lab.panel.recording import FORMAT, LARGEST, RECORDINGS, load
from inflight_lab.runners import naive, semaphore
from tests.support.waiting import until

pytestmark = pytest.mark.anyio

THEIRS = sorted(RECORDINGS.glob("*.json"))


@pytest.fixture
async def recorded(server: PracticeServer, tmp_path: Path) -> tuple[Panel, Path]:
    """A panel that has run two runners side by side, and the recording of it."""
    server.latency, server.quota, server.rate, server.max_concurrent = (
        0.05,
        "sliding-window",
        12,
        15,
    )
    runners = {
        "naive": naive.make_many_requests,
        "semaphore": semaphore.make_many_requests,
    }
    server.tokens = 2000
    panel = Panel(runners, server=server, count=20)
    panel.slow = 5
    await panel.start()
    panel.save_recording(tmp_path / "run.json")
    return panel, tmp_path / "run.json"


async def test_a_replay_shows_what_the_run_showed(recorded: tuple[Panel, Path]) -> None:
    """Counts, levels and each single request are those of the run, and no server has
    seen a request more.
    """
    panel, path = recorded
    before = [each.server.stats() for each in panel.lanes.values()]
    replay = Replay(path)
    await replay.start()
    for name, each in panel.lanes.items():
        ran, shown = (
            each.feed.recorder.everything(),
            replay.feeds[name].recorder.everything(),
        )
        assert shown.pop("now") == pytest.approx(ran.pop("now"), abs=0.5)
        assert shown == ran
        assert shown["counts"]["refused"] > 0
        assert (shown["numbered"], shown["rules"]["rate"], shown["live"]) == (
            True,
            12,
            False,
        )
        assert [point[3] for point in shown["series"]["token_quota"]] == [2000]
        assert len(shown["series"]["limit"]) == (name == "semaphore")
    assert [each.server.stats() for each in panel.lanes.values()] == before
    replay.close()
    panel.close()


async def test_a_replay_can_be_stopped_and_played_again(
    recorded: tuple[Panel, Path],
) -> None:
    """Stop leaves it where it was; Play begins anew; twice Play is one play."""
    panel, path = recorded
    panel.close()
    replay = Replay(path)
    feed = replay.feeds["semaphore"]
    assert replay.start() is replay.start()
    await until(lambda: feed.recorder.status()["counts"]["started"] >= 3)
    replay.stop()
    await replay.start()
    assert feed.recorder.status()["counts"]["accepted"] < 12
    assert re.search(
        r"nothing is sent; stopped: this is how it stood then$", replay.status
    )
    await replay.start()
    assert replay.status.endswith("nothing is sent")
    assert feed.recorder.status()["counts"]["accepted"] == 12
    replay.close()


async def test_each_run_ends_when_it_did(tmp_path: Path) -> None:
    """Beside a longer one, too: its lines stop there, in place of going on at their
    last level.
    """
    path = tmp_path / "two.json"
    path.write_text(filed([message()], [message(), message(now=60)]))
    replay = Replay(path)
    playing = replay.start()
    short, long = (feed.recorder for feed in replay.feeds.values())
    await until(lambda: long.status()["live"] and not short.status()["live"])
    assert short.status()["counts"]["started"] == 2
    replay.stop()
    await playing
    replay.close()


async def test_failures_and_cancels_are_repeated_too(tmp_path: Path) -> None:
    """What ended without an answer ends so again: a refused connection, and requests
    that were stopped.
    """

    async def two_fail(
        url: str, count: int, *, client: httpx.AsyncClient, limiter: object
    ) -> list[object]:
        nobody = asyncio.gather(
            *(client.get("http://127.0.0.1:1") for _ in range(2)),
            return_exceptions=True,
        )
        return await nobody + await semaphore.make_many_requests(
            url, count - 2, client=client, limiter=limiter, return_exceptions=True
        )

    with PracticeServer(latency=600) as server:
        panel = Panel(two_fail, server=server, count=6)
        panel.start()
        await until(lambda: server.timeline.in_flight == 3)
        panel.stop()
        await panel.start()
        panel.save_recording(tmp_path / "run.json")
        counts = panel.lanes[""].feed.recorder.status()["counts"]
        panel.close()
    assert (counts["failed"], counts["cancelled"]) == (2, 4)
    replay = Replay(tmp_path / "run.json")
    await replay.start()
    assert replay.feeds[""].recorder.status()["counts"] == counts
    replay.close()


async def test_nothing_to_record(server: PracticeServer, tmp_path: Path) -> None:
    """A panel that has not run says so, and writes no file."""
    panel = Panel(semaphore.make_many_requests, server=server)
    with pytest.raises(ValueError, match="no run to record"):
        panel.save_recording(tmp_path / "run.json")
    assert not os.listdir(tmp_path)
    panel.close()


def message(**changes: object) -> dict[str, Any]:
    """One as it stands in a file: a request that was sent and one that was refused."""
    rules = {
        "kind": "sliding-window",
        "rate": 100,
        "period": 1.0,
        "burst": 1,
        "phase": 0.4,
    }
    counts = vars(Stats(started=2, in_flight=1, refused=1))
    series = {"server": [[0.1, 0, 2, 1]], "refused": [[0.2, 1, 1, 1]]}
    rows = [[0.1, "sent", 0, None], [0.1, "sent", 1, None], [0.2, "answered", 1, 429]]
    status = {
        "now": 0.25,
        "live": True,
        "numbered": False,
        "counts": counts,
        "rules": rules,
    }
    return status | {"series": series, "rows": rows} | changes


def filed(*runs: object, **more: object) -> str:
    """The text of a file with these runs."""
    return json.dumps(
        {"format": FORMAT, "runs": {str(n): run for n, run in enumerate(runs)}} | more
    )


def one(**changes: object) -> str:
    """The text of a file with one run of one message."""
    return filed([message(**changes)])


def without(name: str) -> str:
    """The same, but a field is missing."""
    left = message()
    del left[name]
    return filed([left])


RULES = message()["rules"]
DAMAGED = {  # what is in the file, and what the error says of it
    "nothing": ("", "line 1 column 1"),
    "blanks": (" \n ", "line 2 column 2"),
    "no JSON": ("a recording", "line 1 column 1"),
    "another notation": ("<svg/>", "line 1 column 1"),
    "half a file": (one()[:60], "line 1 column"),
    "two files in one": (one() * 2, "Extra data: line 1"),
    "no UTF-8": (b'{"format": "\xff"}', "codec can't decode byte 0xff"),
    "zero bytes": (b"\0" * 100, "line 1 column 1"),
    "too deep a list": ("[" * 100_000, "recursion"),
    "too deep in its place": (
        f'{{"format": "{FORMAT}", "runs": {"[" * 100_000}',
        "recursion",
    ),
    "too large": (one() + " " * LARGEST, "more than 5,000,000 bytes"),
    "a number of 5,000 digits": (one().replace("0.25", "1" * 5000), "4300 digits"),
    "a list": ("[]", r"format must be .* got \[\]"),
    "null": ("null", "format must be .* got None"),
    "no format": (
        '{"runs": {}}',
        "format must be 'inflight-lab recording 3', got None",
    ),
    "the version before": (
        one().replace("g 3", "g 2"),
        "must be .* 3', got 'inflight-lab recording 2'",
    ),
    "a format of another kind": (filed(format=1), "format must be .* got 1"),
    "no runs": (
        f'{{"format": "{FORMAT}"}}',
        "runs must be an object with runs by name, got None",
    ),
    "not one run": (filed(), "runs must be an object with runs by name"),
    "runs in a list": (filed(runs=[[message()]]), "runs must be an object"),
    "a run that is null": (filed(None), "runs.0 must be a list, got None"),
    "a run without messages": (
        filed([]),
        r"runs.0 must be a list with a message at least, got \[\]",
    ),
    "in the second run": (
        filed([message()], [message(), 3]),
        r"runs.1\[1\] must be an object with now, live",
    ),
    "a field missing": (
        without("rows"),
        r"runs.0\[0\] must be an object with now, live, numbered, .*rows, got",
    ),
    "a field unknown": (one(speed=1), r"runs.0\[0\] must be an object with now, live"),
    "a time of text": (
        one(now="0.1"),
        r"\[0\].now must be a number of seconds, 0 to 3600, got '0.1'",
    ),
    "a time that is NaN": (one(now=float("nan")), "now must be 0 to 3600, got nan"),
    "a time beyond all floats": (
        one().replace("0.25", "1e999"),
        "now must be 0 to 3600, got inf",
    ),
    "a time of 30 years": (one(now=1e9), "now must be 0 to 3600"),
    "live that is a number": (one(live=1), "live must be true or false, got 1"),
    "numbered that is text": (
        one(numbered="yes"),
        "numbered must be true or false, got 'yes'",
    ),
    "counts in a list": (
        one(counts=[]),
        "counts must be an object with started, waiting",
    ),
    "a count too few": (
        one(counts={"started": 1}),
        "counts must be an object with started, waiting",
    ),
    "a negative count": (
        one(counts=vars(Stats(failed=-1))),
        "counts.failed must be 0 to",
    ),
    "a count that is true": (
        one(counts=vars(Stats(failed=True))),
        "counts.failed must be a number.* got True",
    ),
    "rules of no kind": (
        one(rules=RULES | {"kind": "daily"}),
        "rules.kind must be one of 'fixed-window'",
    ),
    "rules that are null": (one(rules=None), "rules must be an object with kind, rate"),
    "no rate": (
        one(rules=RULES | {"rate": 0}),
        "rules.rate must be more than 0, and finite, got 0",
    ),
    "no period": (
        one(rules=RULES | {"period": 0}),
        "rules.period must be more than 0, and finite, got 0",
    ),
    "tokens of text": (
        one(rules=RULES | {"tokens": "1"}),
        "rules.tokens must be an integer",
    ),
    "a burst of text": (
        one(rules=RULES | {"burst": "1"}),
        "rules.burst must be an integer",
    ),
    "series in a list": (
        one(series=[]),
        "series must be an object with server.?, client",
    ),
    "a line unknown": (
        one(series={"cost": []}),
        "series must be an object with server",
    ),
    "a line that is null": (
        one(series={"limit": None}),
        "series.limit must be a list, got None",
    ),
    "a point alone": (
        one(series={"limit": [3]}),
        r"series.limit\[0\] must be a list of 4, got 3",
    ),
    "a point too short": (
        one(series={"limit": [[0, 3]]}),
        r"series.limit\[0\] must be a list of 4, got \[0, 3\]",
    ),
    "a level that is NaN": (
        one(series={"rate": [[0, 1, 1, float("nan")]]}),
        r"rate\[0\]\[3\] must be .* got nan",
    ),
    "a huge level": (
        one(series={"rate": [[0, 1, 1, 10**300]]}),
        r"rate\[0\]\[3\] must be 0 to",
    ),
    "rows by name": (one(rows={}), "rows must be a list, got {}"),
    "a row that is null": (
        one(rows=[None]),
        r"rows\[0\] must be a list of 4, got None",
    ),
    "a row too long": (
        one(rows=[[0.1, "sent", 0, None, 0]]),
        r"rows\[0\] must be a list of 4",
    ),
    "a row without a time": (
        one(rows=[[None, "sent", 0, None]]),
        r"rows\[0\]\[0\] must be a number of seconds",
    ),
    "what is no text": (
        one(rows=[[0.1, 3, 0, None]]),
        r"rows\[0\]\[1\] must be a text, got 3",
    ),
    "half a request": (
        one(rows=[[0.1, "sent", 0.5, None]]),
        r"rows\[0\]\[2\] must be an integer or null",
    ),
    "a negative request": (
        one(rows=[[0.1, "sent", -1, None]]),
        r"rows\[0\]\[2\] must be 0 to 100000, got -1",
    ),
    "a detail in a list": (
        one(rows=[[0.1, "sent", 0, []]]),
        r"rows\[0\]\[3\] must be an integer, a text or null",
    ),
    "a slot that is null": (
        one(rows=[[0.1, "taken", None, None]]),
        "runs.0: the detail of 'taken' must be an integer, 0 to 1000000000, got None",
    ),
    "a status of text": (
        one(rows=[[0.1, "answered", 0, "x"]]),
        "the detail of 'answered' must be an integer",
    ),
    "so many were never sent, of text": (
        one(rows=[[0.1, "failed", None, "x"]]),
        "the detail of 'failed' must be an integer",
    ),
}


@pytest.mark.parametrize(("text", "problem"), DAMAGED.values(), ids=DAMAGED)
async def test_a_damaged_file_is_refused(
    tmp_path: Path, text: str | bytes, problem: str
) -> None:
    """The error names the file and says what is wrong in it, and where; nothing is
    shown.
    """
    path = tmp_path / "damaged.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(
        ValueError, match=rf"path must name a recording .*damaged\.json': .*{problem}"
    ) as error:
        Replay(path)
    assert len(str(error.value)) < 500


async def test_the_undamaged_file_is_played(tmp_path: Path) -> None:
    """What the table damages is sound before, so each line of it is refused for its own
    damage.
    """
    path = tmp_path / "sound.json"
    path.write_text(filed([message()], [message(), message(series={}, rows=[])]))
    replay = Replay(path)
    assert replay.feeds.keys() == {"0", "1"}
    replay.close()


async def test_a_file_is_not_read_to_an_end_that_may_be_far(tmp_path: Path) -> None:
    """Of 79 MB no more is read than a recording may have; a file that is not there is
    an error of its own.
    """
    path = tmp_path / "large.json"
    with path.open("wb") as file:
        file.truncate(79_000_000)
    tracemalloc.start()
    with pytest.raises(ValueError, match="more than 5,000,000 bytes"):
        Replay(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * LARGEST
    with pytest.raises(FileNotFoundError):
        Replay(tmp_path / "missing.json")


async def test_what_could_not_be_loaded_is_not_saved(
    recorded: tuple[Panel, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A recording that is too large is refused where it would be written, and the old
    file stays.
    """
    panel, path = recorded
    before = path.read_bytes()
    monkeypatch.setattr(recording, "LARGEST", 1000)
    with pytest.raises(
        ValueError, match="cannot be recorded: it has more than 1,000 bytes"
    ):
        panel.save_recording(path)
    assert path.read_bytes() == before
    panel.close()


@pytest.mark.parametrize("failing", ["start", "stop"])
async def test_play_comes_back_whatever_happens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    """If a feed raises while it plays, Play can be pressed again and no other goes on."""
    path = tmp_path / "run.json"
    path.write_text(filed([message()], [message()]))
    replay = Replay(path)
    first, second = replay.feeds.values()

    def fails(**_: object) -> None:
        raise RuntimeError("broken")

    with monkeypatch.context() as patch:
        patch.setattr(second, failing, fails)
        with pytest.raises(RuntimeError, match="broken"):
            await replay.start()
    assert not replay.running
    assert first._end_sending is None
    second.stop()
    await replay.start()
    assert second.recorder.status()["counts"]["refused"] == 1
    replay.close()


async def test_the_last_run_is_recorded_and_no_other(
    server: PracticeServer, tmp_path: Path
) -> None:
    """Neither what came before it nor what the server saw after it; after Reset there
    is no run at all.
    """
    panel = Panel(semaphore.make_many_requests, server=server, count=3)
    for _ in range(2):
        await panel.start()
    server.timeline.answer(server.timeline.send(), 500)
    panel.lanes[""].feed.send_all()  # a view that comes late
    panel.save_recording(tmp_path / "run.json")
    (messages,) = load(tmp_path / "run.json").values()
    what = Counter(row[1] for each in messages for row in each["rows"])
    assert what == dict.fromkeys(("taken", "sent", "arrived", "answered", "freed"), 3)
    assert [each["live"] for each in messages] == [True] * (len(messages) - 1) + [False]
    await panel.reset()
    with pytest.raises(ValueError, match="no run to record"):
        panel.save_recording(tmp_path / "run.json")
    panel.close()


async def test_a_run_that_is_too_long_is_not_recorded(
    server: PracticeServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its messages would fill the memory: there is an error, not half a run."""
    monkeypatch.setattr(lane, "MOST", 20)
    panel = Panel(semaphore.make_many_requests, server=server, count=30)
    await panel.start()
    with pytest.raises(
        ValueError, match="too long to be recorded: it brought more than 20 rows"
    ):
        panel.save_recording(tmp_path / "run.json")
    assert len(panel.lanes[""]._messages) <= 20
    panel.close()


@pytest.mark.parametrize("path", THEIRS, ids=lambda path: path.stem)
async def test_the_recordings_that_come_with_the_package(path: Path) -> None:
    """Each can be played to its end by today's code, and every request in it has an
    outcome.
    """
    replay = Replay(path)
    assert replay.feeds
    for feed in replay.feeds.values():
        feed.start()
        feed.recorder.began -= 3600  # an hour later all has happened
        feed.stop()
        counts = feed.recorder.status()["counts"]
        ended = [
            counts[name] for name in ("accepted", "refused", "failed", "cancelled")
        ]
        assert sum(ended) == counts["started"] > 0
    replay.close()
