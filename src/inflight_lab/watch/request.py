"""One request of a run, as far as it was seen."""

from dataclasses import dataclass
from urllib.parse import urlsplit

Name = tuple[int, int]
"""Of a task, a client or a request: its process, and its number there."""


@dataclass(slots=True)
class Request:
    """One request, as far as it got.

    Times are in seconds; None: it has not happened.  `Asked`, `Sent` and `Ended` say
    what else there is.
    """

    asked: float
    sender: Name
    client: Name
    max_connections: int
    max_idle: int
    method: str
    url: str
    may_wait: bool = False
    """Whether the client may have no connection for it yet."""
    connections_opened: int = 0
    sent: float | None = None
    number: int | None = None
    """In the timeline, once it is sent."""
    ended: float | None = None
    error: str = ""
    status: int = 0
    headers: str = ""

    @property
    def host(self) -> str:
        """Where it went, without a name and a password for that."""
        return urlsplit(self.url).netloc.rpartition("@")[2]

    @property
    def seconds(self) -> float:
        """How long it took; 0 if it has no end."""
        return 0.0 if self.ended is None else self.ended - self.asked

    @property
    def failed(self) -> bool:
        """Whether a script might send it again."""
        return bool(self.error) or self.status == 429 or self.status >= 500
