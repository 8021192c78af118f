"""Whose fault a loop that stands still is."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from inflight_lab.watch.blocking import frames, where

LIBRARY = """
async def awaited(): return where(sys._getframe())
def called(): return where(sys._getframe())
"""


@pytest.mark.anyio
async def test_what_a_library_does_while_it_is_awaited_is_not_the_scripts_fault() -> (
    None
):
    """What it does where the script calls it and waits, is; outside of a loop there is
    no such question.
    """
    library: dict[str, Any] = {"where": where, "sys": sys}
    exec(compile(LIBRARY, "<library>", "exec"), library)
    callback, line = await library["awaited"]()
    assert callback is not None
    assert line == ""
    assert library["called"]()[1].startswith(f"{Path(__file__).name}:")


def test_outside_of_a_loop_nothing_is_blocked() -> None:
    """A synchronous script has no loop that could stand still."""
    assert where(sys._getframe()) == (None, "")


def test_callbacks_of_uvloop_have_no_frame() -> None:
    """The script's own stands for them: each call is one, and its line is known."""
    uvloop = pytest.importorskip("uvloop")

    def here() -> Any:
        return where(sys._getframe())

    async def main() -> list[Any]:
        return [here(), here()]

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        (one, line), (other, _) = runner.run(main())
    assert None not in (one, other)
    assert one is not other
    assert line.startswith(f"{Path(__file__).name}:")


@pytest.mark.parametrize("collects", [True, False])
def test_no_garbage_is_collected_during_a_look(
    collects: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script would hang at its end if it were (python/cpython#106883); its own choice
    stays.
    """
    during = []
    monkeypatch.setattr(
        sys, "_current_frames", lambda: during.append(gc.isenabled()) or {}
    )
    try:
        gc.enable() if collects else gc.disable()
        assert frames() == {}
        assert (during, gc.isenabled()) == ([False], collects)
    finally:
        gc.enable()


def test_each_thread_has_a_frame() -> None:
    """That of the caller is its own."""
    assert frames()[threading.get_ident()].f_code.co_name == "frames"
