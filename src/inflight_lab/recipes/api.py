"""Api: many requests to one API, at its pace, tried again if they fail.

- *Workers*: ``limit`` of them share one queue.  Each asks for an item until it has an
  outcome, and then takes the next one.
- *One pace, and one pause for all*: a `Pacer` spaces the requests of all workers.  When
  the API asks for a pause, nobody sends anything before it is over.
- *Try again* what may pass: a lost connection, a refusal, an error of the server.
- *Give up* when no further request would help.  Requests in flight still get their
  answers.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass

import httpx

from inflight_lab.recipes.results_file import Outcome, Record, ResultsFile
from inflight_lab.recipes.settings import Stop
from inflight_lab.runners.error_bodies import reason_in
from inflight_lab.runners.paced import Pacer, RateAndPeriod
from inflight_lab.runners.refusals import Refusal, read_refusal
from inflight_lab.runners.retry_policy import TRANSIENT, TRANSIENT_STATUSES


class TryAgain(Exception):
    """Why there is no answer; another attempt may bring one."""


@dataclass(kw_only=True)
class Api:
    """An API that is asked for many items.  All times are in seconds."""

    ask: Callable[[Record], Awaitable[httpx.Response]]
    """Sends the request for an item."""
    results: ResultsFile
    quotas: Sequence[RateAndPeriod]
    """Pairs of requests and seconds, which all hold at once."""
    limit: int
    """How many requests may be in flight."""
    not_there: Sequence[int] = ()
    """Statuses that count as an answer: there is no such item."""
    accepted_is_done: bool = False
    """Whether any success is an answer, even one that is not JSON."""
    attempts: int = 8
    """For each item, the first one included."""
    timeout: float = 30.0
    """For one attempt."""
    longest_pause: float = 600.0
    """The longest pause that the API may ask for, unless a quota's period is longer."""

    def __post_init__(self) -> None:
        first, *others = self.quotas
        self.pacer = Pacer(*first, also=others, limit=self.limit)
        self.workers: set[asyncio.Task[None]] = set()
        self.in_flight: set[object] = set()  # the workers that wait for an answer
        self.has_answered = False
        self.why_given_up = ""

    async def ask_for(self, items: Sequence[Record]) -> None:
        """Ask for all items, and add an outcome for each to the results."""
        queue = iter(items)
        async with asyncio.TaskGroup() as group:
            for _ in range(self.limit):
                self.workers.add(group.create_task(self.work(queue)))
        for item in items:
            if item["key"] not in self.results.outcomes:
                self.results.add(item, {"error": f"given up: {self.why_given_up}"})

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
        """Send nothing more.  Whoever waits for an answer goes on until it is there."""
        self.why_given_up = self.why_given_up or reason
        # This also cancels the worker that calls it, which is about to return anyway.
        for worker in self.workers - self.in_flight:
            worker.cancel()

    async def outcome_of(self, item: Record) -> Outcome:
        """Ask for an item until it has an answer, or no attempt is left."""
        attempt = 1
        while True:
            try:
                return await self.ask_once(item)
            except TryAgain as failure:
                if attempt == self.attempts or self.why_given_up:
                    return self.error_or_stop(failure)
                self.results.progress.say_once(f"Trying again: {failure}")
            await asyncio.sleep(draw_backoff(attempt))
            attempt += 1

    def error_or_stop(self, failure: TryAgain) -> Outcome:
        """The outcome of an item whose last attempt has failed.

        Raises ``Stop`` if no item has had an answer: nobody may be there.
        """
        if not self.has_answered:
            raise Stop(f"the API has never answered: {failure}")
        return {"error": str(failure)}

    async def ask_once(self, item: Record) -> Outcome:
        """Wait for a turn, send one request, and return what came of it."""
        try:
            async with self.pacer:
                response = await self.send(item)
        except TimeoutError:
            raise TryAgain(f"no answer within {self.timeout:g} s") from None
        except TRANSIENT as error:
            raise TryAgain(in_words(error)) from error
        except Stop:
            raise
        except Exception as error:  # whatever is wrong with it, the others go on
            return {"error": in_words(error)}
        self.has_answered = True
        return self.outcome_in(response)

    async def send(self, item: Record) -> httpx.Response:
        """Send one request, and wait for its answer even if the others stop."""
        worker = asyncio.current_task()
        self.in_flight.add(worker)
        try:
            async with asyncio.timeout(self.timeout):
                return await self.ask(item)
        finally:
            self.in_flight.remove(worker)

    def outcome_in(self, response: httpx.Response) -> Outcome:
        """The outcome in a response; raises ``TryAgain`` or ``Stop`` if it has none."""
        if self.accepted_is_done and is_accepted(response):
            return confirmation_in(response)
        if response.is_success:
            return answer_in(response)
        if response.status_code in self.not_there:
            return {"status": response.status_code, "data": None}
        error = status_in_words(response)
        if response.status_code == 401:
            raise Stop(f"{error} (is the token right?)")
        refusal = read_refusal(response)
        if refusal is not None:
            self.heed(refusal, error)
        if is_temporary(response, refusal):
            raise TryAgain(error)
        return {"error": error}

    def heed(self, refusal: Refusal, error: str) -> None:
        """Send nothing for as long as the API asks, or raise ``Stop``."""
        if refusal.is_permanent and refusal.concerns_all:
            raise Stop(error)
        pause = refusal.pause or 0.0
        longest = max(self.longest_pause, *(period for _, period in self.quotas))
        if pause > longest:
            raise Stop(f"{error} (the API asks for a pause of {pause:.0f} s)")
        self.pacer.pause(pause)


def answer_in(response: httpx.Response) -> Outcome:
    """The status and the JSON of an answer.  Only a 200 must have a body."""
    status = response.status_code
    if status != 200 and not response.content:
        return {"status": status, "data": None}
    try:
        return {"status": status, "data": response.json()}
    except (ValueError, RecursionError):
        return {"error": f"status {status}, but the answer is not JSON"}


def is_accepted(response: httpx.Response) -> bool:
    """Whether the API did what the request asked for.  A 303 says where to look."""
    return response.is_success or response.status_code == 303


def confirmation_in(response: httpx.Response) -> Outcome:
    """The status, and the answer's JSON or text; None if it is empty."""
    try:
        data = response.json()
    except (ValueError, RecursionError):
        data = response.text or None
    return {"status": response.status_code, "data": data}


def is_temporary(response: httpx.Response, refusal: Refusal | None) -> bool:
    """Whether the same request may have an answer later."""
    if refusal is not None:
        return not refusal.is_permanent
    return response.is_server_error or response.status_code in TRANSIENT_STATUSES


def status_in_words(response: httpx.Response) -> str:
    """The status, and what the API says about it, or the standard."""
    status = response.status_code
    said = reason_in(response) or httpx.codes.get_reason_phrase(status)
    return f"status {status}: {said}" if said else f"status {status}"


def in_words(error: Exception) -> str:
    """What went wrong; some errors have no text, only a name."""
    name = type(error).__name__
    return f"{name}: {error}" if str(error) else name


def draw_backoff(attempt: int) -> float:
    """Seconds to wait after an attempt, at random: exponential, with full jitter."""
    longest = min(30.0, 0.5 * 2 ** (attempt - 1))
    return random.uniform(0.0, longest)
