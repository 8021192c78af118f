"""The settings of a panel: a person moves them on the page, a cell sets them."""

from typing import Any

import traitlets

from inflight_lab.panel.controls import Controlled
from inflight_lab.panel.settings import ALLOWED


class Settable(Controlled):
    """Has the settings as traits; whoever sets one, it is checked and takes effect."""

    limit = traitlets.Any(help="How many may be in flight at once.").tag(sync=True)
    count = traitlets.Any(help="How many requests a run sends.").tag(sync=True)
    slow = traitlets.Any(help="By how much it is slowed down.").tag(sync=True)
    latency = traitlets.Any(help="Seconds that an answer takes.").tag(sync=True)
    rate = traitlets.Any(help="Requests allowed per period.").tag(sync=True)
    quota = traitlets.Any(help="How requests are counted.").tag(sync=True)

    def _apply(self, name: str) -> None:
        """Make a setting take effect.  Of several values in a row the last counts."""
        raise NotImplementedError

    @traitlets.validate(*ALLOWED)
    def _check(self, proposal: Any) -> Any:
        """Raise ``TypeError`` or ``ValueError`` that says what is allowed."""
        name = proposal["trait"].name
        ALLOWED[name].check(name, proposal["value"])
        return proposal["value"]

    def _apply_what_is_set(self) -> None:
        """From now on, apply each setting on the loop when its value changes."""
        self.observe(self._on_setting, list(ALLOWED))

    def _on_setting(self, change: Any) -> None:
        """A person, a cell, another panel or a linked widget has set it."""
        self._loop.call_soon_threadsafe(self._apply, change.name)
