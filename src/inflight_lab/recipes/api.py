"""Api: many requests to one API, at its pace, tried again if they fail.

- *Workers*: ``limit`` of them share one queue.  Each asks for an item until it has an
  outcome, and then takes the next one.
- *One pace, and one pause for all*: a `Pacer` spaces the requests of all workers.  When
  the API asks for a pause, nobody sends anything before it is over.
- *Try again* what may pass: a lost connection, a refusal, an error of the server.
- *Give up* when no further request would help, or when refusals come again and again.
  At any time, a worker either has a request in flight, or waits to send one.  Those
  that wait are cancelled at once.  The others go on until they have their answer, and
  then end as well.

Three exceptions say what a failure means: ``TryAgain``, ``NoAnswer`` to this item, and
``Stop`` for all items.  Any other exception is a mistake, perhaps in a function of your
own.  It costs the item that it concerns its answer, and no other.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn

import httpx

from inflight_lab.recipes.answers import (
    NoAnswer,
    TryAgain,
    in_words,
    json_in,
    status_in_words,
)
from inflight_lab.recipes.results_file import Outcome, Record, ResultsFile
from inflight_lab.recipes.settings import Stop
from inflight_lab.runners.paced import Pacer, RateAndPeriod
from inflight_lab.runners.refusals import Refusal, read_refusal
from inflight_lab.runners.retry_policy import TRANSIENT, RetryPolicy, is_transient

MOST_REFUSALS = 20  # with no answer in between; this times the limit


def patient_retries(*, timeout: float = 30.0) -> RetryPolicy:
    """How to retry in a script that may take its time."""
    return RetryPolicy(attempts=8, cap=30.0, timeout=timeout, longest_pause=600.0)


@dataclass(kw_only=True)
class Api:
    """An API that is asked for many items."""

    ask: Callable[[Record], Awaitable[httpx.Response]]
    """Sends the request for an item."""
    results: ResultsFile
    quotas: Sequence[RateAndPeriod]
    """Pairs of requests and seconds, which all hold at once."""
    limit: int
    """How many requests may be in flight."""
    not_there: Sequence[int] = ()
    """Statuses that count as an answer: there is no such item."""
    retries: RetryPolicy = field(default_factory=patient_retries)
    """How often to try."""

    def __post_init__(self) -> None:
        first, *others = self.quotas
        self.pacer = Pacer(*first, also=others, limit=self.limit)
        self.waiting: set[asyncio.Task[Any]] = set()  # workers without a request
        self.is_there = False  # until the first answer, whatever it says
        self.refusals = 0  # since the last answer to an item
        self.why_given_up = ""

    async def ask_for(self, items: Sequence[Record]) -> None:
        """Ask for all items, and add an outcome for each to the results.

        There are as many workers as requests that may be in flight.
        """
        queue = iter(items)
        async with asyncio.TaskGroup() as group:
            for _ in range(self.limit):
                self.start_worker(queue, group)
        for item in items:
            if item["key"] not in self.results.outcomes:
                self.results.add(item, {"error": f"given up: {self.why_given_up}"})

    def start_worker(self, queue: Iterator[Record], group: asyncio.TaskGroup) -> None:
        """Start one of the workers that ask for what is in the queue."""
        worker = group.create_task(self.work(queue))
        self.waiting.add(worker)

    async def work(self, queue: Iterator[Record]) -> None:
        """Take one item after another from the queue, which all workers share."""
        for item in queue:
            try:
                outcome = await self.outcome_of(item)
                self.results.add(item, outcome)
            except Stop as reason:
                self.give_up(str(reason))
            if self.why_given_up:
                return

    def give_up(self, reason: str) -> None:
        """Send nothing more.  Requests in flight still get their answers."""
        if not self.why_given_up:  # the first reason counts
            self.why_given_up = reason
        for worker in self.waiting - {asyncio.current_task()}:
            worker.cancel()

    async def outcome_of(self, item: Record) -> Outcome:
        """The answer to an item, or the error because of which there is none."""
        try:
            return await self.answer_to(item)
        except Stop:
            raise
        except Exception as error:  # whatever is wrong with it, the others go on
            return {"error": in_words(error)}

    async def answer_to(self, item: Record) -> Outcome:
        """Ask for an item until it has an answer, or no attempt is left."""
        attempt = 1
        while True:
            try:
                return await self.ask_once(item)
            except TryAgain as failure:
                if attempt == self.retries.attempts or self.why_given_up:
                    self.stop_if_nobody_is_there(failure)
                    raise
                self.results.progress.say_once(f"Trying again: {failure}")
            await asyncio.sleep(self.retries.draw_backoff(attempt))
            attempt += 1

    def stop_if_nobody_is_there(self, failure: TryAgain) -> None:
        """Raise ``Stop`` if the API has never sent anything, not even a refusal."""
        if not self.is_there:
            raise Stop(f"the API has never answered: {failure}") from failure

    async def ask_once(self, item: Record) -> Outcome:
        """Wait for a turn, send one request, and return the answer."""
        try:
            async with self.pacer:
                response = await self.send(item)
        except TimeoutError as error:
            raise TryAgain(f"no answer within {self.retries.timeout:g} s") from error
        except TRANSIENT as error:
            raise TryAgain(in_words(error)) from error
        self.is_there = True
        answer = self.answer_in(response)
        if answer is None:
            self.raise_failure(response)
        self.refusals = 0
        return answer

    async def send(self, item: Record) -> httpx.Response:
        """Send one request, and wait for its answer."""
        with self.not_cancelled():
            async with asyncio.timeout(self.retries.timeout):
                return await self.ask(item)

    @contextmanager
    def not_cancelled(self) -> Iterator[None]:
        """While its request is in flight, `give_up` leaves the worker alone."""
        worker = asyncio.current_task()
        assert worker
        self.waiting.discard(worker)
        try:
            yield
        finally:
            self.waiting.add(worker)

    def answer_in(self, response: httpx.Response) -> Outcome | None:
        """The answer in a response; None if it is a failure."""
        if response.is_success:
            return json_in(response)
        if response.status_code in self.not_there:
            return {"status": response.status_code, "data": None}
        return None

    def raise_failure(self, response: httpx.Response) -> NoReturn:
        """Raise what it means that a response has no answer."""
        error = status_in_words(response)
        if response.status_code == 401:
            raise Stop(f"{error} (is the token right?)")
        refusal = read_refusal(response)
        if refusal is not None:
            self.heed(refusal, error)
        if is_temporary(response, refusal):
            raise TryAgain(error)
        raise NoAnswer(error)

    def heed(self, refusal: Refusal, error: str) -> None:
        """Send nothing for as long as the API asks, or raise ``Stop``.

        The API may ask for a pause as long as a quota's period.
        """
        if refusal.is_permanent and refusal.concerns_all:
            raise Stop(error)
        pause = refusal.pause or 0.0
        periods = [period for _, period in self.quotas]
        if pause > max(self.retries.longest_pause, *periods):
            raise Stop(f"{error} (the API asks for a pause of {pause:.0f} s)")
        self.pacer.pause(pause)
        self.count_refusal(error)

    def count_refusal(self, error: str) -> None:
        """Raise ``Stop`` if there were many refusals, and no answer in between."""
        self.refusals += 1
        if self.refusals == MOST_REFUSALS * self.limit:
            raise Stop(f"{error} ({self.refusals} refusals, and no answer)")


def is_temporary(response: httpx.Response, refusal: Refusal | None) -> bool:
    """Whether the same request may have an answer later."""
    if refusal is not None:
        return not refusal.is_permanent
    return is_transient(response)
