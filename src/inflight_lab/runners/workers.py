"""Workers: a fixed number of them share the requests, so a million cost no more memory.

One task per request costs a kilobyte and more for each, all at once.  Here ``limit``
tasks take the next request from one shared iterator.  The number of workers *is* the
limit: no semaphore is needed.

A list of outcomes still grows with the requests.  `stream_outcomes` yields them as they
come, and bounds how far the workers may be ahead of you.  That bounds the memory, also
when one slow request holds up all that come after it in order.  It is back-pressure as
well: a slow consumer makes the workers wait, and nothing more is sent.
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
    ahead = ahead or 10 * limit
    crew = Crew(make_one, items, ahead, ordered, return_exceptions)
    crew.start(limit)
    handed_over = 0
    try:
        while handed_over < crew.taken or crew.goes_on():
            place = await crew.places.get()
            if place is None:  # the last item was taken: is its outcome handed over?
                continue
            result = await place
            if result.is_raised:
                raise result.outcome
            yield result.outcome
            handed_over += 1
            crew.room.release()
        if not isinstance(crew.ended_by, StopAsyncIteration):
            raise crew.ended_by  # type: ignore[misc]
    finally:
        await crew.dismiss()


class Result(NamedTuple):
    """What became of one item."""

    outcome: Any
    is_raised: bool


class Crew(Generic[T, R]):
    """The workers of one stream, and what they share."""

    def __init__(
        self,
        make_one: Callable[[T], Awaitable[R]],
        items: Iterable[T] | AsyncIterable[T],
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
        self.room = asyncio.Semaphore(ahead)
        self.taken = 0
        self.ended_by: BaseException | None = None  # why no more items are taken
        self.places: asyncio.Queue[asyncio.Future[Result] | None] = asyncio.Queue()
        """Where results are, or will be, in the order in which they are yielded."""

    def start(self, limit: int) -> None:
        """Begin with so many workers."""
        self._workers = [asyncio.create_task(self._work()) for _ in range(limit)]

    def goes_on(self) -> bool:
        """Whether more items are taken."""
        return self.ended_by is None

    async def dismiss(self) -> None:
        """Cancel the workers, and wait until they and the source have ended."""
        # A worker may ignore that it is cancelled, but then takes no further item.
        self._end(StopAsyncIteration())
        for worker in self._workers:
            worker.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        await self._source.aclose()

    async def _work(self) -> None:
        """Take one item after the other, as long as there are any."""
        while self.goes_on():
            place = asyncio.Future[Result]()
            try:
                item = await self._take(place)
            except BaseException as error:  # StopAsyncIteration: there are no more
                self._end(error)
                self.places.put_nowait(None)
                return
            place.set_result(await self._result_of(item))
            if not self._ordered:
                self.places.put_nowait(place)

    async def _take(self, place: asyncio.Future[Result]) -> T:
        """The next item of the source, once there is room for its result."""
        await self.room.acquire()
        async with self._turn:
            item = await anext(self._source)
            if not self.goes_on():  # any more, since the source was asked
                raise StopAsyncIteration
            self.taken += 1
            if self._ordered:
                self.places.put_nowait(place)
        return item

    async def _result_of(self, item: T) -> Result:
        try:
            return Result(await self._make_one(item), is_raised=False)
        except BaseException as error:
            is_outcome = self._return_exceptions and isinstance(error, Exception)
            if not is_outcome:
                self._end(error)
            return Result(error, is_raised=not is_outcome)

    def _end(self, reason: BaseException) -> None:
        """Take no more items.  The first reason counts."""
        if self.ended_by is None:
            self.ended_by = reason


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
