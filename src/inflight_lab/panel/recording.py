"""Runs kept in a file: what the server and the client saw, to be shown again by `Replay`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from inflight_lab.observation.timeline import Timeline
from inflight_lab.plot.points import Recorder

FORMAT = "inflight-lab recording 1"

RECORDINGS = Path(__file__).with_name("recordings")
"""The folder of the runs that come with the package: for a lesson without a server."""


@dataclass(frozen=True)
class Recording:
    """One run.  Each event is ``[seconds since the run began, kind, request, detail, waiting]``."""

    period: float
    quota: float | None
    follow: bool
    limits: list[list[float]]
    server: list[list[Any]]
    client: list[list[Any]] | None

    @classmethod
    def of(cls, recorder: Recorder) -> Recording:
        """What ``recorder`` has seen since it began.  Raises ``ValueError`` if that is nothing."""

        def told(timeline: Timeline) -> list[list[Any]]:
            events = [event for event in timeline.events if event.time >= recorder.began]
            return [
                [round(e.time - recorder.began, 4), e.kind, e.request, e.detail, e.waiting] for e in events
            ]

        server = told(recorder.server) if recorder.server else []
        if not server:
            raise ValueError("there is no run to record yet: start one first")
        history = recorder.history
        return cls(
            period=recorder.period,
            quota=history["quota"][-1][3] if history["quota"] else None,
            follow=recorder.follow,
            limits=[[point[0], point[3]] for point in history["limit"]],
            server=server,
            client=told(recorder.client) if recorder.client else None,
        )

    @property
    def seconds(self) -> float:
        """How long the run took."""
        return float(max(event[0] for event in [*self.server, *(self.client or [])]))


def save(path: str | Path, runs: Mapping[str, Recording]) -> None:
    """Write runs, by name, to a JSON file."""
    filed = {"format": FORMAT, "runs": {name: asdict(run) for name, run in runs.items()}}
    Path(path).write_text(json.dumps(filed, separators=(",", ":")) + "\n", encoding="utf-8")


def load(path: str | Path) -> dict[str, Recording]:
    """The runs in a file that `save` wrote, by name.

    Raises ``OSError`` if it cannot be read, and ``ValueError`` if it is something else.
    """
    try:
        filed = json.loads(Path(path).read_text(encoding="utf-8"))
        if filed["format"] != FORMAT:
            raise ValueError(f"its format is {filed['format']!r}")
        return {name: Recording(**run) for name, run in filed["runs"].items()}
    except (ValueError, TypeError, KeyError) as error:
        raise ValueError(
            f"path must name a recording that a panel saved, got {str(path)!r}: {error}"
        ) from None
