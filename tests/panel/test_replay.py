"""A run kept in a file and shown again: the same picture, nothing is sent, and a damaged file is refused."""

from __future__ import annotations

import asyncio
import json
import os
import tracemalloc
from pathlib import Path
from typing import Any

import httpx
import pytest

from inflight_lab import Panel, PracticeServer, Replay, Timeline
from inflight_lab.panel import recording
from inflight_lab.panel.recording import FORMAT, LARGEST, RECORDINGS, Recording, load, save
from inflight_lab.plot.points import Recorder
from inflight_lab.runners import naive, semaphore
from tests.support.virtual_clock import SetClock
from tests.support.waiting import until

pytestmark = pytest.mark.anyio

THEIRS = sorted(RECORDINGS.glob("*.json"))


@pytest.fixture
async def recorded(server: PracticeServer, tmp_path: Path) -> tuple[Panel, Path]:
    """A panel that has run two runners side by side, and the recording of it."""
    server.latency, server.quota, server.rate, server.max_concurrent = 0.05, "sliding-window", 12, 15
    runners = {"naive": naive.make_many_requests, "semaphore": semaphore.make_many_requests}
    panel = Panel(runners, server=server, count=20)
    panel.slow = 5
    await panel.start()
    panel.save_recording(tmp_path / "run.json")
    return panel, tmp_path / "run.json"


async def test_a_replay_shows_what_the_run_showed(recorded: tuple[Panel, Path]) -> None:
    """Counts, levels and each single request are those of the run, and no server has seen a request more."""
    panel, path = recorded
    before = [lane.server.stats() for lane in panel.lanes.values()]
    replay = Replay(path)
    await replay.start()
    for name, lane in panel.lanes.items():
        ran, shown = lane.feed.recorder, replay.feeds[name].recorder
        assert shown.counts() == ran.counts() | {"elapsed": pytest.approx(ran.counts()["elapsed"], abs=0.001)}
        assert shown.server.stats().refused == ran.server.stats().refused > 0
        assert [row[1:] for row in shown.everything()["rows"]] == [
            row[1:] for row in ran.everything()["rows"]
        ]
        assert (shown.last_rules, shown.numbered) == (ran.last_rules, True)
        assert shown.status()["rules"]["phase"] == pytest.approx(ran.status()["rules"]["phase"], abs=0.01)
        for line in ("limit", "quota"):
            levels = [point[3] for point in ran.history[line]]
            assert [point[3] for point in shown.history[line]] == levels
        assert (levels, len(shown.history["limit"])) == ([12], name == "semaphore")
    assert [lane.server.stats() for lane in panel.lanes.values()] == before
    replay.close()
    panel.close()


async def test_a_replay_can_be_stopped_and_played_again(recorded: tuple[Panel, Path]) -> None:
    """Stop leaves it where it was; Play begins anew; twice Play is one play."""
    panel, path = recorded
    panel.close()
    replay = Replay(path)
    feed = replay.feeds["semaphore"]
    assert replay.start() is replay.start()
    await until(lambda: feed.recorder.server.stats().started >= 3)
    replay.stop()
    await replay.start()
    assert feed.recorder.server.stats().accepted < 12
    await replay.start()
    assert feed.recorder.server.stats().accepted == 12
    replay.close()


async def test_failures_and_cancels_are_repeated_too(tmp_path: Path) -> None:
    """What ended without an answer ends so again: a refused connection, and requests that were stopped."""

    async def two_fail(url: str, count: int, *, client: httpx.AsyncClient, limiter: object) -> list[object]:
        nobody = asyncio.gather(*(client.get("http://127.0.0.1:1") for _ in range(2)), return_exceptions=True)
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
        counts = panel.lanes[""].feed.recorder.counts()
        panel.close()
    assert (counts["failed"], counts["cancelled"]) == (2, 4)
    replay = Replay(tmp_path / "run.json")
    await replay.start()
    assert replay.feeds[""].recorder.counts() == counts | {
        "elapsed": pytest.approx(counts["elapsed"], abs=0.001)
    }
    replay.close()


async def test_nothing_to_record(server: PracticeServer, tmp_path: Path) -> None:
    """A panel that has not run says so, and writes no file."""
    panel = Panel(semaphore.make_many_requests, server=server)
    with pytest.raises(ValueError, match="no run to record"):
        panel.save_recording(tmp_path / "run.json")
    assert not os.listdir(tmp_path)
    panel.close()


def run(**changes: object) -> dict[str, object]:
    """A run as it stands in a file: two requests, one of them refused."""
    server = [sent(0, 0.1), sent(1, 0.2), ended(0, 0.3), ended(1, 0.4, status=429)]
    rules = {"period": 1.0, "quota": "sliding-window", "rate": 100, "burst": 1, "phase": 0.4}
    return rules | {"numbered": False, "limits": [[0.0, 3]], "server": server, "client": None} | changes


def sent(request: Any, seconds: Any = 0.1, waiting: Any = 0) -> list[object]:
    return [seconds, "sent", request, None, waiting]


def ended(
    request: Any, seconds: Any = 0.2, waiting: Any = 0, *, kind: Any = "answered", status: Any = 200
) -> Any:
    return [seconds, kind, request, status, waiting]


def filed(*runs: object, **more: object) -> str:
    """The text of a file with these runs."""
    return json.dumps({"format": FORMAT, "runs": {str(n): run for n, run in enumerate(runs)}} | more)


def server(*rows: object) -> str:
    """The text of a file with these events at the server."""
    return filed(run(server=rows))


DAMAGED = {  # what is in the file, and what the error says of it
    "nothing": ("", "line 1 column 1"),
    "blanks": (" \n ", "line 2 column 2"),
    "no JSON": ("a recording", "line 1 column 1"),
    "another notation": ("<svg/>", "line 1 column 1"),
    "half a file": (filed(run())[:195], "Unterminated string starting at: line 1 column"),
    "two files in one": (filed(run()) * 2, "Extra data: line 1"),
    "no UTF-8": (b'{"format": "\xff"}', "codec can't decode byte 0xff"),
    "zero bytes": (b"\0" * 100, "line 1 column 1"),
    "too deep a list": ("[" * 100_000, "nested too deeply"),
    "too deep an object": ('{"runs":' * 100_000, "nested too deeply"),
    "deep in its place": (f'{{"format": "{FORMAT}", "runs": {"[" * 100_000}', "nested too deeply"),
    "too large": (filed(run()) + " " * LARGEST, "more than 5,000,000 bytes"),
    "a number of 5,000 digits": (filed(run()).replace("0.4", "1" * 5000), "4300 digits"),
    "a list": ("[]", r"format must be .* got \[\]"),
    "null": ("null", "format must be .* got None"),
    "no format": ('{"runs": {}}', "format must be 'inflight-lab recording 2', got None"),
    "no runs": (f'{{"format": "{FORMAT}"}}', r"fields of a recording .* unknown, got \['runs'\]"),
    "the next version": (filed(run(), format="inflight-lab recording 3"), "got 'inflight-lab recording 3'"),
    "a format of another kind": (filed(run(), format=1), "format must be .* got 1"),
    "something unknown": (filed(run(), author="me"), r"format, runs; missing or unknown, got \['author'\]"),
    "not one run": (filed(), "runs must be an object with 1 to 20 runs by name"),
    "runs in a list": (filed(runs=[run()]), "runs must be an object"),
    "too many runs": (filed(*[run()] * 21), "runs must be an object with 1 to 20"),
    "a run twice": (filed(run(), run()).replace('"1":', '"0":'), r"names in an object .* got \['0', '0'\]"),
    "too long a name": (filed(runs={"n" * 201: run()}), "its name must be a text of at most 200"),
    "half a surrogate": (filed(runs={"\ud800": run()}), "its name must be a text"),
    "a run that is a list": (filed([]), r"in the run '0': a run must be an object with period.*got \[\]"),
    "a run that is null": (filed(None), "in the run '0': a run must be an object"),
    "in the second run": (filed(run(), run(period=None)), "in the run '1': period must be a number"),
    "a field missing": (
        filed({name: value for name, value in run().items() if name != "limits"}),
        r"fields of a run must be period, .* unknown, got \['limits'\]",
    ),
    "a field unknown": (filed(run(speed=1)), r"missing or unknown, got \['speed'\]"),
    "no period": (filed(run(period=0)), "period must be 0.001 to 86400, got 0"),
    "a negative period": (filed(run(period=-1.0)), "period must be .* got -1.0"),
    "a period that is NaN": (filed(run(period=float("nan"))), "period must be .* got nan"),
    "a period that is text": (filed(run(period="1")), "period must be .* got '1'"),
    "a quota unknown": (filed(run(quota="daily")), "quota must be one of 'none', .* got 'daily'"),
    "a quota that is a list": (filed(run(quota=[])), r"quota must be one of .* got \[\]"),
    "a negative rate": (filed(run(rate=-1)), "rate must be 1 to 1000000000, got -1"),
    "an infinite rate": (filed(run(rate=float("inf"))), "rate must be .* got inf"),
    "a rate that is true": (filed(run(rate=True)), "rate must be .* got True"),
    "a negative burst": (filed(run(burst=-1)), "burst must be 0 to 1000000000, got -1"),
    "a phase that is NaN": (filed(run(phase=float("nan"))), "phase must be .* got nan"),
    "numbered that is a number": (filed(run(numbered=1)), "numbered must be true or false, got 1"),
    "limits by name": (filed(run(limits={})), "limits must be a list, got {}"),
    "a limit alone": (filed(run(limits=[3])), r"limits\[0\]: a row must be \[seconds, limit\], got 3"),
    "a limit of text": (filed(run(limits=[[0, "3"]])), r"limits\[0\]: limit must be a number"),
    "a limit that is NaN": (filed(run(limits=[[0, 1], [0, float("nan")]])), r"limits\[1\]: limit .* got nan"),
    "a huge limit": (filed(run(limits=[[0, 10**300]])), r"limits\[0\]: limit must be"),
    "limits going back": (filed(run(limits=[[2, 1], [1, 1]])), r"limits\[1\]: seconds must be 2 or more"),
    "no events": (server(), "neither server nor client has an event"),
    "events that are null": (filed(run(server=None)), "server must be a list, got None"),
    "events that are text": (filed(run(server="sent")), "server must be a list, got 'sent'"),
    "client that is 0": (filed(run(client=0)), "client must be a list, got 0"),
    "client that is wrong": (filed(run(client=[sent(0), 1])), r"client\[1\]: a row must be"),
    "an event that is null": (server(None), r"server\[0\]: a row must be .*waiting\], got None"),
    "an event by name": (server({"seconds": 1}), r"server\[0\]: a row must be"),
    "an event too short": (server(sent(0)[:4]), r"server\[0\]: a row must be"),
    "an event too long": (server([*sent(0), 1]), r"server\[0\]: a row must be"),
    "a time that is NaN": (
        server(sent(0), sent(1, float("nan"))),
        r"server\[1\]: seconds must be .* got nan",
    ),
    "an infinite time": (server(sent(0, float("inf"))), "seconds must be 0 to 3600, got inf"),
    "a time beyond all floats": (server(sent(0)).replace("0.1", "1e999"), "seconds must be .* got inf"),
    "a time of 30 years": (server(sent(0, 1e9)), "seconds must be 0 to 3600"),
    "a negative time": (server(sent(0, -0.1)), "seconds must be .* got -0.1"),
    "a time that is text": (server(sent(0, "0.1")), "seconds must be .* got '0.1'"),
    "time going back": (server(sent(0, 0.3), sent(1, 0.2)), r"server\[1\]: seconds must be 0.3 or more"),
    "a kind unknown": (server(ended(0, kind="gone")), "kind must be one of 'started', .* got 'gone'"),
    "a kind that is a list": (server(ended(0, kind=[])), r"kind must be one of .* got \[\]"),
    "a request that is text": (server(sent("0")), "request must be an integer, .* got '0'"),
    "a request that is null": (server(sent(None)), "request must be an integer, .* got None"),
    "half a request": (server(sent(0.5)), "request must be an integer, .* got 0.5"),
    "a negative request": (server(sent(-1)), "request must be 0 to 1000000000, got -1"),
    "a start with a number": (server(ended(0, kind="started", status=None)), "request must be null, got 0"),
    "a status of text": (
        server(sent(0), ended(0, status="200")),
        r"server\[1\]: detail must be an integer",
    ),
    "no status": (server(sent(0), ended(0, status=None)), "detail must be an integer, 100 to 999, got None"),
    "a huge status": (server(sent(0), ended(0, status=10**30)), "detail must be 100 to 999"),
    "an error that is a number": (server(sent(0), ended(0, kind="failed")), "detail must be a text"),
    "an error too long": (
        server(sent(0), ended(0, kind="failed", status="E" * 201)),
        "detail must be a text",
    ),
    "a detail too much": (server(ended(0, kind="cancelled")), "detail must be null, got 200"),
    "a status that is no number": (server(ended(0, kind="sent", status="200")), "detail must be an integer"),
    "a slot that is null": (server([0, "taken", None, None, 0]), "detail must be an integer, .* got None"),
    "a slot of a request": (server([0, "taken", 1, 0, 0]), "request must be null, got 1"),
    "a slot too high": (server([0, "taken", None, 1, 0]), "slot 1 is taken, but 0 is the lowest"),
    "negative waiting": (server(sent(0, waiting=-1)), "waiting must be 0 to"),
    "half a waiting": (server(sent(0, waiting=0.5)), "waiting must be an integer"),
    "huge waiting": (server([0, "started", None, None, 10**12]), "waiting must be 0 to"),
    "waiting from nowhere": (server(sent(0, waiting=2)), r"server\[0\]: waiting must be 0 after .* got 2"),
    "waiting that sinks": (
        server([0, "started", None, None, 5], [0, "started", None, None, 3]),
        r"server\[1\]: waiting must be 5",
    ),
    "waiting after all were cancelled": (
        server([0, "started", None, None, 5], [0, "cancelled", None, None, 1]),
        r"server\[1\]: waiting must be 0",
    ),
    "an end before it was sent": (server(ended(0), sent(0, 0.3)), "request 0 ends, but it was not sent"),
    "two ends": (server(sent(0), ended(0), ended(0)), r"server\[2\]: request 0 ends, but it has ended"),
    "an end after a failure": (
        server(sent(0), ended(0, kind="failed", status="E"), ended(0)),
        "request 0 ends, but it has ended",
    ),
    "sent twice": (server(sent(0), sent(0)), r"server\[1\]: request 0 is sent for the second time"),
    "sent again after its end": (server(sent(0), ended(0), sent(0, 0.3)), "sent for the second time"),
    "in the client": (filed(run(client=[sent(0), ended(1)])), r"client\[1\]: request 1 ends, but it was"),
}


@pytest.mark.parametrize(("text", "problem"), DAMAGED.values(), ids=DAMAGED)
async def test_a_damaged_file_is_refused(tmp_path: Path, text: str | bytes, problem: str) -> None:
    """The error names the file and says what is wrong in it, and where; nothing is shown."""
    path = tmp_path / "damaged.json"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(
        ValueError, match=rf"path must name a recording .*damaged\.json': .*{problem}"
    ) as error:
        Replay(path)
    assert len(str(error.value)) < 500


async def test_the_undamaged_file_is_played(tmp_path: Path) -> None:
    """What the table damages is sound before, so each line of it is refused for its own damage."""
    path = tmp_path / "sound.json"
    path.write_text(filed(run(), run(client=[sent(0), ended(0)])))
    replay = Replay(path)
    assert replay.feeds.keys() == {"0", "1"}
    replay.close()


async def test_a_file_is_not_read_to_an_end_that_may_be_far(tmp_path: Path) -> None:
    """Of 79 MB, or of a pipe, no more is read than a recording may have."""
    path = tmp_path / "large.json"
    with path.open("wb") as file:
        file.truncate(79_000_000)
    tracemalloc.start()
    with pytest.raises(ValueError, match="more than 5,000,000 bytes"):
        Replay(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * LARGEST
    with pytest.raises(ValueError, match="it is not a file"):
        Replay(tmp_path)
    with pytest.raises(FileNotFoundError):
        Replay(tmp_path / "missing.json")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(ValueError, match="it is not a file"):
            Replay(tmp_path / "pipe")


async def test_what_could_not_be_loaded_is_not_saved(
    recorded: tuple[Panel, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A recording that is too large is refused where it would be written, and the old file stays."""
    panel, path = recorded
    before = path.read_bytes()
    monkeypatch.setattr(recording, "LARGEST", 1000)
    with pytest.raises(ValueError, match="cannot be recorded: it has more than 1,000 bytes"):
        panel.save_recording(path)
    assert path.read_bytes() == before
    panel.close()


@pytest.mark.parametrize("failing", ["start", "stop"])
async def test_play_comes_back_whatever_happens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    """If a feed raises while it plays, Play can be pressed again and no other goes on."""
    path = tmp_path / "run.json"
    path.write_text(filed(run(), run()))
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
    assert second.recorder.counts()["refused"] == 1
    replay.close()


def test_all_limits_are_recorded_however_long_the_run() -> None:
    """The plot keeps a minute; the recording has every change of the limit since the run began."""
    clock = SetClock()
    timeline = Timeline(clock=clock)
    recorder = Recorder(timeline, None)
    for minute in range(5):
        clock.now = 60 * minute
        recorder.set_limit(minute)
        timeline.answer(timeline.send(), 200)
        recorder.read()
    recorded = Recording.of(recorder)
    assert [(each.seconds, each.limit) for each in recorded.limits] == [(60 * n, n) for n in range(5)]
    assert (recorded.seconds, len(recorded.server)) == (240, 10)


def test_requests_from_before_the_run_are_not_recorded(tmp_path: Path) -> None:
    """Another panel may have requests in flight at the same server: their ends belong to no recording."""
    timeline = Timeline()
    early = timeline.send()
    recorder = Recorder(timeline, None)
    timeline.answer(timeline.send(), 200)
    timeline.answer(early, 200)
    recorder.read()
    recorder.end()
    timeline.answer(timeline.send(), 500)  # and neither do requests from after it
    save(tmp_path / "run.json", {"": Recording.of(recorder)})
    assert [event.detail for event in load(tmp_path / "run.json")[""].server] == [None, 200]


def test_a_run_that_is_no_longer_complete_is_not_recorded() -> None:
    """Where the timeline has dropped the first events there is an error, not half a run."""
    timeline = Timeline(keep=8)
    recorder = Recorder(timeline, None)
    for _ in range(20):
        timeline.send()
    recorder.read()
    with pytest.raises(ValueError, match="no longer has the beginning of this run"):
        Recording.of(recorder)


@pytest.mark.parametrize("path", THEIRS, ids=lambda path: path.stem)
async def test_the_recordings_that_come_with_the_package(path: Path) -> None:
    """Each can be played to its end by today's code, and every request in it has an outcome."""
    replay = Replay(path)
    assert replay.feeds
    for feed in replay.feeds.values():
        feed.start()
        feed.recorder.began -= 3600  # an hour later all has happened
        feed.stop()
        counts = feed.recorder.counts()
        ended = [counts[name] for name in ("accepted", "refused", "failed", "cancelled")]
        assert sum(ended) == counts["started"] > 0
    replay.close()
