"""The landing page for tests in a browser: with runs that were recorded before."""

from __future__ import annotations

from pathlib import Path

from inflight_lab.plot.replay import RECORDINGS
from inflight_lab.publish.landing_page import NAME, landing_page
from inflight_lab.publish.landing_runs import WAYS, WayRun
from inflight_lab.runs.recording import load
from tests.support.notebook_tools import GLOSSARY, NOTEBOOKS


def make_landing_page(folder: Path) -> Path:
    """The page of a site with the browser build; where it is."""
    with_pause, paced = load(RECORDINGS / "pause_and_paced.json").values()
    runs = (paced, with_pause, paced)
    recordings = [
        WayRun(way, run, events=[]) for way, run in zip(WAYS, runs, strict=True)
    ]
    page = landing_page(recordings, [*NOTEBOOKS, GLOSSARY], with_lab=True)
    (folder / NAME).write_text(page, encoding="utf-8")
    return folder / NAME
