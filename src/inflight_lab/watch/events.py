"""What a watched process notes, one event at a time.

Each begins with its time, in seconds of ``time.perf_counter``, and its process.  Every
other number names something within that process: a task, a client, a request.
"""

from typing import Any, NamedTuple, Protocol, get_args


class Asked(NamedTuple):
    """A client was asked to send a request."""

    time: float
    process: int
    request: int
    sender: int
    client: int
    max_connections: int
    """How many connections the client opens at most; 0: not known."""
    max_idle: int
    """How many idle connections it keeps open at most; 0: none, or not known."""
    method: str
    url: str
    library: str = "httpx"
    """Which library sends it: httpx, httpx2, aiohttp, requests or urllib3."""
    line: str = ""
    """The script's line that asked, ``file:number``; "" where it is not known."""
    around: int = 0
    """The semaphore in whose block the sender was, or was started; 0: in none."""


class HeadersSeen(NamedTuple):
    """Requests of a kind have these headers.  Their values are not looked at.

    Noted before the first such request with each set of names; where several threads
    send at once, perhaps more than once.
    """

    time: float
    process: int
    library: str
    method: str
    host: str
    names: list[str]


class Sent(NamedTuple):
    """A request has a connection and goes out."""

    time: float
    process: int
    request: int
    connections_opened: int
    """How many connections were opened for this request."""


class Ended(NamedTuple):
    """A request was answered, to the end of the body, or failed."""

    time: float
    process: int
    request: int
    error: str
    """The error's name, "cancelled" if the script gave up, "" after an answer."""
    status: int
    headers: str
    """Some of the answer's, as lines ``name: value`` with lower-case names."""
    body: str = ""
    """Of a failure, what the script itself read, up to 2,000 letters."""
    retry: int | None = None
    """How often the library had sent it before; None: not known.

    Of an answer it is noted only where a failure before it said so.
    """


class Acquired(NamedTuple):
    """A task acquires an `asyncio.Semaphore`, or begins to wait for it."""

    time: float
    process: int
    semaphore: int
    sender: int
    line: str = ""
    """The script's line, ``file:number``, where the semaphore was not used before."""
    slots: int = 0
    """How many it has, where it was not used before; else 0."""


class Released(NamedTuple):
    """A task releases a semaphore for which others wait."""

    time: float
    process: int
    semaphore: int
    sender: int


class Deadlocked(NamedTuple):
    """No slot of a semaphore can be released any more, and tasks wait for one.

    Who holds one waits for another slot, or for a task that does, or has ended.  Noted
    once for a semaphore, when nothing has changed for a second.
    """

    time: float
    process: int
    semaphore: int
    slots: int
    waiting: int
    """How many tasks waited for a slot."""
    lost: int
    """How many slots were held by tasks that have ended, and will not release them."""


class Paced(NamedTuple):
    """A task asks an `aiolimiter.AsyncLimiter` for permits."""

    time: float
    process: int
    limiter: int
    sender: int
    permits: float
    line: str = ""
    """The script's line, ``file:number``, where the limiter was not used before."""


class Slept(NamedTuple):
    """A task begins to sleep."""

    time: float
    process: int
    sender: int
    seconds: float
    line: str
    """The script's line, ``file:number``; "" where it is not known."""
    is_own: bool = True
    """Whether it is called at this line, and not by a library that is called there."""


class GatherFailed(NamedTuple):
    """`asyncio.gather` raised an error while some of its tasks were running."""

    time: float
    process: int
    error: str
    running: list[int]
    """The tasks that it left running, by their names as senders."""
    line: str = ""
    """The script's line that called it, ``file:number``; "" where it is not known."""


class Blocked(NamedTuple):
    """A line of the script kept an event loop from running."""

    time: float
    process: int
    thread: int
    began: float
    """When the loop called what it ran; with ``thread`` it names that call."""
    seconds: float
    """How long the line was seen, since the sample before."""
    line: str


class Unseen(NamedTuple):
    """A library was used whose requests cannot be watched."""

    time: float
    process: int
    library: str


class Raised(NamedTuple):
    """An error ended the script, or another process that it started."""

    time: float
    process: int
    error: str
    """Its name; of a group of errors, that of the first."""
    missing: str
    """The module that could not be imported; "" after any other error."""


class OpenedFile(NamedTuple):
    """The script opened a file to write to it, in practice."""

    time: float
    process: int
    path: str
    changed: int
    """When it was last changed before that, in nanoseconds; 0: it is new."""


Event = (
    Asked
    | HeadersSeen
    | Sent
    | Ended
    | Acquired
    | Released
    | Deadlocked
    | Paced
    | Slept
    | GatherFailed
    | Blocked
    | Unseen
    | Raised
    | OpenedFile
)

EVENT_TYPES: dict[str, type[Event]] = {kind.__name__: kind for kind in get_args(Event)}


class Note(Protocol):
    """Notes one event of this process that happens now; ``fields`` follow its process.

    It is called in the watched script: each microsecond is one that the script lacks.
    So it takes the fields as they are, and whoever reads them makes the event.
    """

    def __call__(self, kind: type[Event], *fields: Any) -> None:
        """Note an event of this ``kind``."""
