"""Runs kept in a file: what the server and the client saw, to be shown again by `Replay`.

The file is JSON in UTF-8, of at most `LARGEST` bytes::

    {"format": "inflight-lab recording 2",
     "runs": {"naive": {"period": 1.0, "quota": "sliding-window", "rate": 100, "burst": 1, "phase": 0.4,
                        "numbered": false, "limits": [[0.0, 3]],
                        "server": [[0.23, "sent", 0, 200, 0], [0.53, "answered", 0, 200, 0]],
                        "client": null}}}

It holds 1 to `MOST_RUNS` runs by name.  `Recording` describes a run, `RecordedLimit` a row of ``limits``,
`RecordedEvent` a row of ``server`` and ``client``.  Every file is checked before it is written and when it
is read.
"""

import json
import reprlib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

from inflight_lab.arguments import check
from inflight_lab.observation.timeline import Rules
from inflight_lab.panel.rows import COUNT, NAME, SECONDS, RecordedEvent, RecordedLimit, read_rows, wrong
from inflight_lab.plot.points import Recorder
from inflight_lab.server.knobs import Knobs

FORMAT = "inflight-lab recording 2"
"""What a file says it is.  The number is the version: another one is refused."""

LARGEST = 5_000_000
"""Bytes, some 150,000 events.  A larger file would stop the notebook for seconds while it is read."""

MOST_RUNS = 20

RECORDINGS = Path(__file__).with_name("recordings")
"""The folder of the runs that come with the package: for a lesson without a server."""


@dataclass(frozen=True)
class Recording:
    """One run.  The times in each list never decrease."""

    period: float
    """Seconds of the quota's period, in which requests are counted."""
    quota: str
    """How the server counted: "none", "sliding-window" or another of `PracticeServer`'s."""
    rate: float
    """Requests per period that were allowed."""
    burst: int
    """How many may come at once, if the quota is "token-bucket" or "gcra"."""
    phase: float
    """How many seconds into a period of the server's clock the recording began."""
    numbered: bool
    """Whether every request has its number beside it."""
    limits: list[RecordedLimit]
    server: list[RecordedEvent]
    """What the server saw: each request is sent once, and ends at most once, after it was sent."""
    client: list[RecordedEvent] | None
    """The same as the client saw it; null if the client was not observed."""

    def __post_init__(self) -> None:
        Knobs(quota=self.quota, rate=self.rate, period=self.period)  # checks these
        check("burst", self.burst, COUNT)
        check("phase", self.phase, SECONDS)
        if type(self.numbered) is not bool:
            raise wrong("numbered", "true or false", self.numbered)
        if not self.server and not self.client:
            raise ValueError("neither server nor client has an event")

    @classmethod
    def of(cls, recorder: Recorder) -> Self:
        """What ``recorder`` has read since it began.

        Raises ``ValueError`` if that is nothing, or if it cannot be saved.
        """
        server, client = _recorded(recorder, "server"), _recorded(recorder, "client")
        if not server and not client:
            raise ValueError("there is no run to record yet: start one first")
        rules = recorder.last_rules or Rules("none", 1, recorder.period)
        return cls(
            period=rules.period,
            quota=rules.kind,
            rate=rules.rate,
            burst=rules.burst,
            phase=round(recorder.began % rules.period, 4),
            numbered=recorder.numbered,
            limits=[RecordedLimit(round(time, 4), limit) for time, limit in recorder.limits],
            server=server,
            client=client if recorder.client else None,
        )

    @property
    def rules(self) -> Rules | None:
        """How the server counted, for a `Recorder`."""
        return None if self.quota == "none" else Rules(self.quota, self.rate, self.period, self.burst)

    @property
    def seconds(self) -> float:
        """How long the run took."""
        lists = (self.limits, self.server, self.client or [])
        return max((rows[-1].seconds for rows in lists if rows), default=0.0)


def save(path: str | Path, runs: dict[str, Recording]) -> None:
    """Write runs, by name, to a JSON file.

    Raises ``ValueError`` for what `load` would refuse, and ``OSError`` if the file cannot be written.
    """
    filed = {"format": FORMAT, "runs": {name: vars(run) for name, run in runs.items()}}
    text = json.dumps(filed, separators=(",", ":")) + "\n"
    try:
        _parse(text.encode())
    except ValueError as error:
        raise ValueError(f"this cannot be recorded: {error}") from None
    Path(path).write_text(text, encoding="utf-8")


def load(path: str | Path) -> dict[str, Recording]:
    """The runs in a file that `save` wrote, by name.

    Raises ``OSError`` if it cannot be read, and ``ValueError`` if it is something else or damaged.
    """
    try:
        if Path(path).exists() and not Path(path).is_file():  # a pipe may never end
            raise ValueError("it is not a file")
        with Path(path).open("rb") as file:
            return _parse(file.read(LARGEST + 1))
    except RecursionError:
        problem = "its lists or objects are nested too deeply"
    except ValueError as error:
        problem = str(error)[:300]  # it may quote what is in the file
    raise ValueError(f"path must name a recording that a panel saved, got {str(path)!r}: {problem}")


def _parse(text: bytes) -> dict[str, Recording]:
    """The runs in the text of a file.  Raises ``ValueError`` that says what is wrong, and where."""
    if len(text) > LARGEST:
        raise ValueError(f"it has more than {LARGEST:,} bytes, the most that a recording may have")
    filed = json.loads(text, object_pairs_hook=_object)
    if type(filed) is not dict or filed.get("format") != FORMAT:
        raise wrong("format", repr(FORMAT), filed.get("format") if type(filed) is dict else filed)
    _check_fields("a recording", filed, ["format", "runs"])
    runs = filed["runs"]
    if type(runs) is not dict or not 1 <= len(runs) <= MOST_RUNS:
        raise wrong("runs", f"an object with 1 to {MOST_RUNS} runs by name", runs)
    return {name: _run(name, run) for name, run in runs.items()}


def _run(name: str, value: Any) -> Recording:
    try:
        check("its name", name, NAME)
        _check_fields("a run", value, [field.name for field in fields(Recording)])
        limits = read_rows("limits", value["limits"], RecordedLimit)
        server = read_rows("server", value["server"], RecordedEvent)
        client = value["client"]
        if client is not None:
            client = read_rows("client", client, RecordedEvent)
        return Recording(**value | {"limits": limits, "server": server, "client": client})
    except (TypeError, ValueError) as error:
        raise ValueError(f"in the run {reprlib.repr(name)}: {error}") from None


def _recorded(recorder: Recorder, name: str) -> list[RecordedEvent]:
    events = recorder.events(name)
    # Another panel may use the same server: a request that was sent before the run is not part of it.
    sent = {event.request for event in events if event.kind == "sent"} | {None}
    return [
        RecordedEvent(round(time - recorder.began, 4), kind, request, detail, waiting)
        for time, kind, request, detail, waiting, _ in events
        if request in sent
    ]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise wrong("names in an object", "different from each other", [name for name, _ in pairs])
    return found


def _check_fields(what: str, value: Any, names: list[str]) -> None:
    if type(value) is not dict:
        raise wrong(what, f"an object with {', '.join(names)}", value)
    if differing := set(names) ^ set(value):
        raise wrong(f"the fields of {what}", f"{', '.join(names)}; missing or unknown", sorted(differing))
