"""The widget around one or more plots: buttons, a status, and what a person does."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import traitlets

from inflight_lab.panel.moves import Move, Moves
from inflight_lab.plot.feed import Feed, Message
from inflight_lab.plot.modules import joined
from inflight_lab.plot.widget import PLOT, RunWidget

HERE = Path(__file__).parent
STYLES = (
    PLOT / "live_plot.css",
    HERE / "css" / "controls.css",
    HERE / "css" / "lanes.css",
    HERE / "css" / "present.css",
    HERE / "css" / "phone.css",
)
"""In this order: the later ones override the earlier ones."""


class Controlled(RunWidget):
    """Buttons, a status and, below, what the ``feeds`` send.

    What a person does comes as a message.  All that is done about it is done on
    ``loop``, the one that runs where this is made.
    """

    _esm = joined(HERE / "js" / "panel.js")
    _css = "".join(path.read_text(encoding="utf-8") for path in STYLES)

    running = traitlets.Bool(help="Whether requests are flying now.").tag(sync=True)
    status = traitlets.Unicode(help="How things stand, in a line.")
    notice = traitlets.Unicode(help="What no picture shows, or nothing.").tag(sync=True)
    more = traitlets.Bool(help="Whether the page shows all settings.").tag(sync=True)
    _headings: "traitlets.List[Any]" = traitlets.List().tag(sync=True)
    _page: "traitlets.Dict[str, Any]" = traitlets.Dict().tag(sync=True)

    def __init__(
        self, loop: asyncio.AbstractEventLoop, feeds: Sequence[Feed], **traits: Any
    ) -> None:
        self._loop = loop
        self._task: asyncio.Task[None] | None = None
        self._moves = Moves()
        super().__init__(feeds, **traits)

    def start(self) -> asyncio.Task[None]:
        """Run in the background; returns the task at once.

        If it runs already, that task is returned and nothing else happens.
        """
        if self._task is None or self._task.done():
            self._begin()
            self.running = True
            self._task = self._loop.create_task(self._go())
            self._task.add_done_callback(lambda _: self._ended())
        return self._task

    async def finished(self) -> None:
        """Wait until the run is over, however it ends; there may be none."""
        if self._task is not None:
            await asyncio.wait([self._task])

    def _begin(self) -> None:
        """Make ready to run."""

    async def _go(self) -> None:
        raise NotImplementedError

    def _ended(self) -> None:
        self.running = False

    def _post(self, lane: int, message: Message) -> None:
        self.send(message | {"lane": lane})

    def on_message(self, message: Message) -> None:
        """Do what the page asks for; it may come in another thread."""
        super().on_message(message)
        if press := message.get("press"):
            self._loop.call_soon_threadsafe(self._hear, press)
        for name, value in message.get("set", {}).items():
            move = Move(message["input"], message["move"])
            self._loop.call_soon_threadsafe(self._set, name, value, move)

    def _set(self, name: str, value: Any, move: Move) -> None:
        """Set what a person moved.  The page holds it there until it is settled."""
        try:
            if self._moves.is_latest(move):
                setattr(self, name, value)
        finally:
            self.send({"settled": name})

    def _hear(self, button: str) -> None:
        """Do what a button says, and tell the page that somebody has."""
        try:
            self._press(button)
        finally:
            self.send({"settled": button})

    def _press(self, button: str) -> None:
        if button == "run":
            self.start()
        else:
            self.stop()
