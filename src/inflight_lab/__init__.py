"""inflight_lab: send many HTTP requests from asyncio and get no 429 Too Many Requests.

This is the map of the package.  It has three wings, and a wing imports only those above
it.  Each subpackage of a wing is a *room* with one job.  A room may use the rooms that
its row names, and in turn the rooms that these may use.  Every room below may use a
leaf.  A test fails if a room uses another one.

What you take home needs httpx alone:

    room         may use                what it is
    extras       -                      leaf: how to install what is left out
    runners      -                      the ladder: a lesson a file, and what they share
    recipes      runners                complete scripts, to print and to own

What a lesson stands on, in ``lesson/``:

    arguments    -                      leaf: what each parameter allows
    pyodide      -                      leaf: what a page lacks
    cells        -                      leaf: cells, and nested runs
    runs         -                      leaf: what became of each request, as one run
    server       -                      the practice API, on a socket or in a page
    engine       -                      one run of any runner, and a limit that moves
    plot         -                      the live plot, and the drawings in notebooks
    judge        server                 a card for any limiter
    panel        engine, plot, server   sliders, Run, Stop and a plot around any runner
    exercises    judge, runners         checks of the exercises

Commands, in ``commands/``, which nobody imports:

    run          runners                one rung, from the command line
    snippet      recipes                prints a recipe or a rung
    watch        plot, runners, server  your own requests live, and what stands out
    classroom    plot, server           a page for the phones of a class, and a wall
    publish      panel, snippet         the series as a site
    lab          -                      the series, opened in JupyterLab
    cli          lab, publish           the command ``inflight-lab``

``lesson/stage`` has no Python: it is the JavaScript that draws a run, for the widgets
and for the pages of the site, and that computes one where there is no kernel.

Put new code into the lowest room that has everything it needs, and its test into the
folder of the same name below ``tests/``; ``.github/CONTRIBUTING.md`` shows step by step
how to add the usual things.  Importing a room changes nothing elsewhere.  The names
below are imported when they are first used, so ``import inflight_lab`` loads no widget
and no server.  Eight of them are for code of your own, and need httpx alone: ``Pacer``,
``Budgets``, ``SharedQuota`` (with the extra ``redis``), ``read_refusal``, ``Patience``,
``AnswerFile``, ``NoAnswer`` and ``Stop``.  The others need the extra ``lab``.
"""

import importlib
import importlib.metadata
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inflight_lab.commands.classroom.class_room import ClassRoom as ClassRoom
    from inflight_lab.commands.watch.notebook import Watch as Watch
    from inflight_lab.lesson.cells import enable_nested_run as enable_nested_run
    from inflight_lab.lesson.engine.limiter import (
        AdjustableLimiter as AdjustableLimiter,
    )
    from inflight_lab.lesson.panel.panel import Panel as Panel
    from inflight_lab.lesson.plot.live_plot import LivePlot as LivePlot
    from inflight_lab.lesson.runs.events import Event as Event
    from inflight_lab.lesson.runs.events import Stats as Stats
    from inflight_lab.lesson.runs.timeline import Timeline as Timeline
    from inflight_lab.lesson.runs.transport import (
        ObservedTransport as ObservedTransport,
    )
    from inflight_lab.lesson.server.practice_server import (
        PracticeServer as PracticeServer,
    )
    from inflight_lab.recipes.answers import AnswerFile as AnswerFile
    from inflight_lab.runners.budgets import Budgets as Budgets
    from inflight_lab.runners.pacer import Pacer as Pacer
    from inflight_lab.runners.patiently import NoAnswer as NoAnswer
    from inflight_lab.runners.patiently import Patience as Patience
    from inflight_lab.runners.patiently import Stop as Stop
    from inflight_lab.runners.refusals import read_refusal as read_refusal
    from inflight_lab.runners.shared_quota import SharedQuota as SharedQuota

_HOME = {
    "AdjustableLimiter": "lesson.engine.limiter",
    "AnswerFile": "recipes.answers",
    "ClassRoom": "commands.classroom.class_room",
    "Budgets": "runners.budgets",
    "Event": "lesson.runs.events",
    "LivePlot": "lesson.plot.live_plot",
    "NoAnswer": "runners.patiently",
    "ObservedTransport": "lesson.runs.transport",
    "Pacer": "runners.pacer",
    "Panel": "lesson.panel.panel",
    "Patience": "runners.patiently",
    "PracticeServer": "lesson.server.practice_server",
    "SharedQuota": "runners.shared_quota",
    "Stats": "lesson.runs.events",
    "Stop": "runners.patiently",
    "Timeline": "lesson.runs.timeline",
    "Watch": "commands.watch.notebook",
    "enable_nested_run": "lesson.cells",
    "read_refusal": "runners.refusals",
}
"""Which module of the package has each name."""
__all__ = list(_HOME)


def __getattr__(name: str) -> Any:
    """Import a public name from its room."""
    if name == "__version__":
        return importlib.metadata.version("inflight-lab")
    if name not in _HOME:
        raise AttributeError(f"module 'inflight_lab' has no attribute {name!r}")
    try:
        room = importlib.import_module(f"inflight_lab.{_HOME[name]}")
    except ModuleNotFoundError as error:
        from inflight_lab.extras import needs_more

        extra = "redis" if name == "SharedQuota" else "lab"
        message = needs_more(name, extra, error)
        raise ModuleNotFoundError(message, name=error.name) from error
    return getattr(room, name)


def __dir__() -> list[str]:
    """The names to complete, also of what is not imported yet."""
    return sorted({*globals(), *__all__})
