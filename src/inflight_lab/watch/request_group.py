"""Requests that have something in common, and what can be asked about them together."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Hashable, Iterable
from itertools import accumulate

from inflight_lab.watch.request import Request


class RequestGroup:
    """Some requests of a run, in the order in which they were asked for."""

    def __init__(self, requests: Collection[Request]) -> None:
        self.requests = requests

    def __len__(self) -> int:
        return len(self.requests)

    def by_client(self) -> list["RequestGroup"]:
        """A group for each client."""
        return self.grouped_by(lambda request: request.client)

    def by_host(self) -> list["RequestGroup"]:
        """A group for each host."""
        return self.grouped_by(lambda request: request.host)

    def by_sender(self) -> list["RequestGroup"]:
        """A group for each task or thread."""
        return self.grouped_by(lambda request: request.sender)

    def grouped_by(self, key: Callable[[Request], Hashable]) -> list["RequestGroup"]:
        """A group for each value of ``key``, in the order of their first requests."""
        groups: dict[Hashable, list[Request]] = {}
        for request in self.requests:
            groups.setdefault(key(request), []).append(request)
        return [RequestGroup(requests) for requests in groups.values()]

    @property
    def hosts(self) -> set[str]:
        """The hosts that they were sent to."""
        return {request.host for request in self.requests}

    @property
    def hosts_in_words(self) -> str:
        """Their names, or how many there are."""
        hosts = sorted(host or "no host" for host in self.hosts)
        return " and ".join(hosts) if len(hosts) < 3 else f"{len(hosts)} hosts"

    @property
    def first(self) -> Request:
        """The request that was asked for first."""
        return next(iter(self.requests))

    @property
    def seconds(self) -> float:
        """The time from the first request to the last answer; never quite 0."""
        begins = [request.asked for request in self.requests]
        ends = [each.ended for each in self.requests if each.ended is not None]
        return max(1e-9, max(begins + ends) - min(begins))

    @property
    def refused(self) -> int:
        """How many the API refused, such as with 429 Too Many Requests."""
        return sum(request.is_refused for request in self.requests)

    @property
    def connections_opened(self) -> int:
        """How many connections were opened for these requests."""
        return sum(request.connections_opened for request in self.requests)

    @property
    def sent_times(self) -> list[float]:
        """When each request was sent; those never sent are left out."""
        return [each.sent for each in self.requests if each.sent is not None]

    def most_unfinished(self) -> int:
        """The most requests that were asked for and not ended at one time."""
        return _most_at_once((each.asked, each.ended) for each in self.requests)

    def most_in_flight(self) -> int:
        """The most requests that were sent and not ended at one time."""
        return _most_at_once(
            (each.sent, each.ended) for each in self.requests if each.sent is not None
        )

    def alone_in_flight(self) -> "RequestGroup":
        """The requests during which no other was unfinished."""
        begins = sorted(request.asked for request in self.requests)
        ends = sorted(each.ended for each in self.requests if each.ended is not None)
        alone = []
        for request in self.requests:
            if request.ended is not None:
                begun = bisect_left(begins, request.ended)
                ended_before = bisect_right(ends, request.asked)
                if begun - ended_before == 1:
                    alone.append(request)
        return RequestGroup(alone)


def most_within(window: float, times: Iterable[float]) -> int:
    """The most of ``times`` within any ``window`` seconds."""
    ordered = sorted(times)
    most = 0
    for count, time in enumerate(ordered, 1):
        before_the_window = bisect_right(ordered, time - window)
        most = max(most, count - before_the_window)
    return most


def average_within(window: float, times: Collection[float]) -> float:
    """How many of ``times`` come in ``window`` seconds on average.

    Without the last burst, as no pause follows it.  At most one window is no average:
    all of them count.  From three windows on, the first is left out if that is fewer: a
    rate limiter may begin with a burst, and keep the rate from then on.
    """
    first = min(times)
    last = max(times)
    if last - first <= window:
        return len(times)
    average = _average_between(first, last, window, times)
    if last - first < 3 * window:
        return average
    return min(average, _average_between(first + window, last, window, times))


def _average_between(
    begin: float, end: float, window: float, times: Collection[float]
) -> float:
    count = sum(begin <= time < end - window / 10 for time in times)
    return count * window / (end - begin)


def _most_at_once(spans: Iterable[tuple[float, float | None]]) -> int:
    steps = []
    for begin, end in spans:
        steps.append((begin, 1))
        if end is not None:
            steps.append((end, -1))
    return max(accumulate(step for _, step in sorted(steps)), default=0)
