"""Workers: a fixed number of tasks send all requests, however many there are.

A task for each request takes a kilobyte or two of memory, for all of them at once.
Here ``limit`` tasks take the next request from one shared iterator.  The number of
workers *is* the limit, so no semaphore is needed.

A list of outcomes still grows with the requests.  `stream_outcomes` yields them as they
come, and limits how far the workers may be ahead of you.  So the memory is limited too,
even when one slow request holds up all that come after it in order.  It is also
back-pressure: a slow consumer makes the workers wait, and nothing more is sent.
"""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Iterable
from typing import Any, Generic, NamedTuple, TypeVar

import httpx

T = TypeVar("T")
R = TypeVar("R")


async def make_one_request(
    url: str, num: int, *, client: httpx.AsyncClient, verbose: bool = False
) -> httpx.Response:
    """GET ``url`` once, and return the response.

    Raises ``ValueError`` if the status is not 200.
    """
    if verbose:
        print(f"Making request {num}")
    response = await client.get(url, headers={"Content-Type": "application/json"})
    if response.status_code != 200:
        raise ValueError(
            f"Unexpected Status: Http status code is {response.status_code}."
        )
    return response


async def make_many_requests(
    url: str,
    count: int,
    *,
    limit: int = 3,
    client: httpx.AsyncClient | None = None,
    return_exceptions: bool = False,
    verbose: bool = False,
) -> list[httpx.Response | Exception]:
    """GET ``url`` ``count`` times with ``limit`` workers; return them in order.

    Unlike ``asyncio.gather`` alone, a failure also stops the workers: nothing goes on
    hitting the API. The number of workers cannot change during the run: there is no
    ``limiter`` to pass.  The other parameters are those of `semaphore`.
    """
    outcomes: dict[int, httpx.Response | Exception] = {}
    nums = iter(range(count))

    async def work(client: httpx.AsyncClient) -> None:
        for num in nums:
            try:
                outcomes[num] = await make_one_request(
                    url, num, client=client, verbose=verbose
                )
            except Exception as error:
                if not return_exceptions:
                    raise
                outcomes[num] = error

    opened = contextlib.nullcontext(client) if client else httpx.AsyncClient()
    async with opened as client:
        workers = [asyncio.create_task(work(client)) for _ in range(limit)]
        try:
            await asyncio.gather(*workers)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
    return [outcomes[num] for num in range(count)]


async def stream_outcomes(
    make_one: Callable[[T], Awaitable[R]],
    items: Iterable[T] | AsyncIterable[T],
    *,
    limit: int = 3,
    ordered: bool = True,
    ahead: int | None = None,
    return_exceptions: bool = False,
) -> AsyncGenerator[R | Exception, None]:
    """Await ``make_one(item)`` for each item, ``limit`` at once; yield what it returns.

    ``items`` may be endless: only as many are read as needed.  The outcomes come in the
    order of the items, or as they are completed with ``ordered=False``.  ``ahead`` (by
    default 10 times ``limit``) is how many items may be taken whose outcome you have
    not had yet; then the workers wait for you.

    A failure is raised in its place, after the outcomes before it, and nothing more is
    sent.  With ``return_exceptions`` it is yielded like a result, and the others go on.
    What ``items`` itself raises is raised in any case, and a cancelled worker ends the
    stream with ``CancelledError``.

    If you leave early, use `contextlib.aclosing`: when its block ends, the workers have
    been cancelled and have ended.

    >>> stream = stream_outcomes(fetch, urls, limit=10)
    >>> async with contextlib.aclosing(stream) as outcomes:
    ...     async for outcome in outcomes:
    ...         if outcome.json()["found"]:
    ...             break

    After a bare ``break`` they are cancelled only when Python happens to collect the
    generator, see PEP 789.
    """
    if ahead is None:
        ahead = 10 * limit
    crew = Crew(
        make_one,
        items,
        ahead=ahead,
        ordered=ordered,
        return_exceptions=return_exceptions,
    )
    crew.start(limit)
    yielded = 0
    try:
        while crew.is_taking or yielded < crew.taken:
            pending = await crew.pending.get()
            if isinstance(pending, WorkerStopped):  # there may be nothing left to await
                continue
            result = await pending
            if result.is_raised:
                raise result.outcome
            yield result.outcome
            yielded += 1
            crew.room.release()
        if crew.error is not None:
            raise crew.error
    finally:
        await crew.dismiss()


class Result(NamedTuple):
    """The outcome of one item, to be yielded or raised."""

    outcome: Any
    is_raised: bool


class WorkerStopped:
    """Put among the pending results to wake the stream: a worker has stopped."""


class Crew(Generic[T, R]):
    """The workers of one stream, and what they share."""

    def __init__(
        self,
        make_one: Callable[[T], Awaitable[R]],
        items: Iterable[T] | AsyncIterable[T],
        *,
        ahead: int,
        ordered: bool,
        return_exceptions: bool,
    ) -> None:
        self._make_one = make_one
        self._source = each_of(items)
        self._turn = asyncio.Lock()  # to ask the source for its next item
        self._ordered = ordered
        self._return_exceptions = return_exceptions
        self._workers: list[asyncio.Task[None]] = []
        self.room = asyncio.Semaphore(ahead)  # one permit for each item taken
        self.is_taking = True  # workers take more items
        self.taken = 0  # items
        self.error: BaseException | None = None  # that stopped the workers
        self.pending: asyncio.Queue[asyncio.Future[Result] | WorkerStopped] = (
            asyncio.Queue()
        )
        """Results, finished or not, in the order in which they are yielded."""

    def start(self, limit: int) -> None:
        """Start ``limit`` workers."""
        self._workers = [asyncio.create_task(self._work()) for _ in range(limit)]

    async def dismiss(self) -> None:
        """Cancel the workers, and wait until they and the source have ended."""
        # A worker may ignore that it is cancelled, but then takes no further item.
        self._stop_taking()
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        await self._source.aclose()

    async def _work(self) -> None:
        """Take one item after the other, as long as there are any."""
        while self.is_taking:
            pending = asyncio.Future[Result]()
            try:
                item = await self._take(pending)
            except StopAsyncIteration:  # there are no more items
                self._stop_taking()
                break
            except BaseException as error:
                self._stop_taking(error)
                break
            pending.set_result(await self._result_of(item))
            if not self._ordered:
                self.pending.put_nowait(pending)
        self.pending.put_nowait(WorkerStopped())

    async def _take(self, pending: asyncio.Future[Result]) -> T:
        """Take the next item, once there is room for its result."""
        await self.room.acquire()
        async with self._turn:
            item = await anext(self._source)
            if not self.is_taking:  # another worker stopped while this one waited
                raise StopAsyncIteration
            self.taken += 1
            if self._ordered:
                self.pending.put_nowait(pending)
        return item

    async def _result_of(self, item: T) -> Result:
        try:
            return Result(await self._make_one(item), is_raised=False)
        except BaseException as error:
            is_outcome = self._return_exceptions and isinstance(error, Exception)
            if not is_outcome:
                self._stop_taking(error)
            return Result(error, is_raised=not is_outcome)

    def _stop_taking(self, error: BaseException | None = None) -> None:
        """Take no more items.  If there are several errors, the first one counts."""
        if self.is_taking:
            self.is_taking = False
            self.error = error


async def each_of(items: Iterable[T] | AsyncIterable[T]) -> AsyncGenerator[T, None]:
    """The items of either kind of iterable."""
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item


# The lesson ends here.  Below, the package attaches its checks and its command line.
from inflight_lab.arguments import checked

make_many_requests = checked(make_many_requests)
stream_outcomes = checked(stream_outcomes)
PLAN = "{count} requests, at most {limit} at once"
