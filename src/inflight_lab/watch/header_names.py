"""Which headers the requests of a run have, by their names only."""

from inflight_lab.watch.events import HeadersSeen
from inflight_lab.watch.request import Request

Kind = tuple[str, str, str]
"""The library, the method and the host of requests that have much in common."""


class HeaderNames:
    """What was seen so far, for each kind of request."""

    def __init__(self) -> None:
        self._by_kind: dict[Kind, frozenset[str]] = {}

    def note(self, event: HeadersSeen) -> None:
        """Add the names in one request to those of its kind."""
        kind = (event.library, event.method, event.host)
        known = self._by_kind.get(kind, frozenset())
        self._by_kind[kind] = known.union(event.names)

    def of(self, request: Request) -> frozenset[str]:
        """The names in requests of its kind."""
        kind = (request.library, request.method, request.host)
        return self._by_kind.get(kind, frozenset())
