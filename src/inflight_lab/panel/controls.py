"""The sliders and buttons above a panel's plots; what each of them does, the panel says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as widgets

from inflight_lab.jupyter.kernel_messages import acknowledge_widget_message, hear_where_the_page_says
from inflight_lab.jupyter.widgets import plain_label
from inflight_lab.panel.lane import slowness
from inflight_lab.panel.stage import Stage
from inflight_lab.server import PracticeServer
from inflight_lab.server.knobs import QUOTAS

SLOW_MOTION = {"off": 1, "5 times as slow": 5, "20 times as slow": 20}

REACH = "ends what awaits; code that blocks, such as time.sleep, only once it returns"
"""What Stop can do."""


class Controls:
    """Begin where ``count``, ``limit`` and the knobs of ``server`` stand; shown in ``rows``.

    Without ``adjustable`` the limit is no use to anybody, and its slider says so.
    """

    def __init__(
        self,
        server: PracticeServer,
        count: int,
        limit: int,
        *,
        max_count: int,
        max_limit: int,
        adjustable: bool,
    ) -> None:
        self.limit = _slider(widgets.IntSlider, "limit", limit, 1, max(max_limit, limit))
        self.count = _slider(widgets.IntSlider, "requests", count, min(1, count), max(max_count, count))
        latency, rate = server.latency / slowness(server), int(server.rate)
        self.latency = _slider(widgets.FloatSlider, "latency (s)", latency, 0, max(2.0, latency), step=0.05)
        self.rate = _slider(widgets.IntSlider, "quota rate", rate, 1, max(300, rate))
        self.quota = _control(widgets.Dropdown, "quota", server.quota, options=QUOTAS)
        self.slow = _control(widgets.Dropdown, "slow motion", 1, options=SLOW_MOTION)
        settings = (self.limit, self.count, self.latency, self.rate, self.quota, self.slow)
        self._at_first = {control: control.value for control in settings}
        self._following = False

        self.run = widgets.Button(description="Run", icon="play", button_style="success")
        self.stop = widgets.Button(description="Stop", icon="stop", disabled=True, tooltip=REACH)
        self.reset = widgets.Button(description="Reset", icon="undo")
        self.status = plain_label("ready")
        for control in (*settings, self.run, self.stop, self.reset):
            hear_where_the_page_says(control)

        self.limit.disabled = not adjustable
        self.slow.layout.flex = "0 1 260px"
        why = [] if adjustable else [widgets.Label("this runner takes no limiter to set")]
        buttons = [self.run, self.stop, self.reset, Stage(), self.status]
        self.rows = [
            widgets.HBox(buttons).add_class("ifl-buttons"),
            widgets.HBox([self.limit, *why, self.slow]).add_class("ifl-limit"),
            widgets.HBox([self.count, self.latency, self.quota, self.rate]).add_class("ifl-knobs"),
        ]

    def on_change(self, control: Any, act: Callable[[Any], object]) -> None:
        """Call ``act`` with the new value of ``control``, whenever a person or `put_back` changes it."""

        def changed(change: Any) -> None:
            if not self._following:
                act(change["new"])
            acknowledge_widget_message()

        control.observe(changed, "value")

    def follow(self, name: str, value: Any) -> None:
        """Show that a knob of the server was turned elsewhere."""
        self._following, control = True, getattr(self, name)
        if name != "quota":
            control.max = max(control.max, value)
        control.value, self._following = value, False

    def put_back(self) -> None:
        """Every slider and choice back to where it began."""
        for control, value in self._at_first.items():
            control.value = value

    def show_running(self, running: bool, status: str) -> None:
        """Offer Stop while something runs, Run otherwise, and say how things stand."""
        self.run.disabled, self.stop.disabled = running, not running
        self.status.value = status


def _control(kind: Callable[..., Any], name: str, value: Any, **more: Any) -> Any:
    layout = widgets.Layout(width="auto", flex="1 1 300px")
    return kind(value=value, description=name, layout=layout, style={"description_width": "92px"}, **more)


def _slider(kind: Callable[..., Any], name: str, value: float, low: float, high: float, **more: Any) -> Any:
    return _control(kind, name, value, min=low, max=high, continuous_update=True, **more)
