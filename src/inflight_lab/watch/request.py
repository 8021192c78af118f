"""One request of a run, as far as it was seen."""

from dataclasses import dataclass

from inflight_lab.runs.events import REFUSALS
from inflight_lab.watch.host_in_url import host_in
from inflight_lab.watch.reader.refusals import Refusal

Name = tuple[int, int]
"""Names a task, a client or a request: its process, and its number in there."""


@dataclass(slots=True)
class Request:
    """One request, as far as it got.

    Times are in seconds; None means that it has not happened.  The other fields come
    from `Asked`, `Sent` and `Ended`, which describe them.
    """

    asked: float
    sender: Name
    client: Name
    max_connections: int
    max_idle: int
    method: str
    url: str
    library: str = "httpx"
    line: str = ""
    header_names: frozenset[str] = frozenset()
    """What requests of its kind were seen to send; see `HeadersSeen`."""
    around: Name | None = None
    """The semaphore in whose block its sender was, or was started."""
    may_be_queued: bool = False
    """Whether it may wait for a connection, as the client's may all be in use."""
    connections_opened: int = 0
    sent: float | None = None
    number: int | None = None
    """Its number in the timeline, once it is sent."""
    ended: float | None = None
    error: str = ""
    status: int = 0
    headers: str = ""
    refusal: Refusal | None = None
    requested_pause: float | None = None
    """These two are from `SeenAnswer`, which describes them."""
    retry: int | None = None

    @property
    def host(self) -> str:
        """The host in its address; "" if there is none."""
        return host_in(self.url)

    @property
    def seconds(self) -> float:
        """How long it took; 0 if it has no end."""
        return 0.0 if self.ended is None else self.ended - self.asked

    @property
    def is_accepted(self) -> bool:
        """Whether the API did what was asked."""
        return not self.error and 0 < self.status < 400

    @property
    def is_refused(self) -> bool:
        """Whether the API refused it because of a quota, or because it was overloaded.

        Not if it is forbidden, say: a 403 is a refusal only if it says so.
        """
        return self.status in REFUSALS and self.refusal is not None

    @property
    def is_refused_for_good(self) -> bool:
        """Whether its answer says that no wait will help."""
        return self.refusal is not None and self.refusal.is_permanent

    @property
    def failed(self) -> bool:
        """Whether a script might send it again."""
        return bool(self.error) or self.is_refused or self.status >= 500
