"""The knobs of a server are shared by all panels on it: turn one, and all follow."""

from typing import Any, Protocol
from weakref import WeakSet

from inflight_lab.server import PracticeServer


class KnobPanel(Protocol):
    """A panel: its server, and lanes that each have a server."""

    lanes: Any

    @property
    def server(self) -> PracticeServer:
        """The server whose knobs it shares."""


_open_panels: WeakSet[KnobPanel] = WeakSet()


def share_knobs(panel: KnobPanel) -> None:
    """From now on ``panel`` follows the other panels on its server."""
    _open_panels.add(panel)


def turn_on_all_panels(server: PracticeServer, name: str, value: object) -> None:
    """Turn a knob of all panels on ``server``: of their servers, and their sliders."""
    for panel in list(_open_panels):
        if panel.server is server:
            _turn(panel, name, value)


def differs_from_a_server(panel: KnobPanel, name: str) -> bool:
    """Whether the panel's value of a knob is not that of all its servers.

    If it is, another panel has turned the knob already.
    """
    value = getattr(panel, name)
    servers = [lane.server for lane in panel.lanes.values()]
    return any(getattr(server, name) != value for server in servers)


def _turn(panel: KnobPanel, name: str, value: object) -> None:
    for lane in panel.lanes.values():
        setattr(lane.server, name, value)
    setattr(panel, name, value)
