"""One run of a rung, whose requests are seen one by one.

A rung's file is a lesson, and knows nothing of this: for the time of a run, a function
that observes stands in for its ``make_one_request``.
"""

import asyncio
import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from types import ModuleType
from typing import Any
from unittest.mock import patch

import httpx

from inflight_lab.runners.command_line.processes import make_pool_class
from inflight_lab.runners.command_line.progress import Progress
from inflight_lab.runners.command_line.urls import with_id
from inflight_lab.runners.error_bodies import reason_in

FIRST_WORDS = "The API says: "
_words_of_api: ContextVar[str] = ContextVar("_words_of_api", default="")
"""Why the last answer to the current request was an error."""


class ObservedRun:
    """Runs a rung, fills in ``{id}``, counts, and knows which request failed first."""

    def __init__(self, rung: ModuleType, options: dict[str, Any]) -> None:
        self._rung = rung
        self._options = options
        self.progress = Progress(options["count"], is_shown=not options["verbose"])
        self.failures: list[tuple[int, Exception]] = []
        """With the number of its request, in the order in which they came."""

    def outcomes(self) -> Sequence[object]:
        """Run it to its end, on an event loop if it needs one."""
        try:
            with self._observing():
                outcomes: Sequence[object] = self._run()
                return outcomes
        finally:
            self.progress.end()

    def number_of(self, error: Exception) -> int | None:
        """Which request failed with this error; None if none did."""
        for number, failure in self.failures:
            if failure is error:
                return number
        return None

    def _run(self) -> Any:
        run: Callable[..., Any] = self._rung.make_many_requests
        if inspect.iscoroutinefunction(self._rung.make_one_request):
            return asyncio.run(self._run_in_loop(run))
        if "client" not in inspect.signature(run).parameters:
            return run(**self._options)  # each process has its own
        with httpx.Client(event_hooks={"response": [hear]}) as client:
            return run(**self._options, client=client)

    async def _run_in_loop(self, run: Callable[..., Any]) -> Any:
        async with httpx.AsyncClient(event_hooks={"response": [hear_async]}) as client:
            return await run(**self._options, client=client)

    def _observing(self) -> AbstractContextManager[object]:
        if hasattr(self._rung, "ProcessPoolExecutor"):
            pool_class = make_pool_class(self.progress)
            return patch.object(self._rung, "ProcessPoolExecutor", pool_class)
        observed = self._observed(self._rung.make_one_request)
        return patch.object(self._rung, "make_one_request", observed)

    def _observed(self, make_one: Callable[..., Any]) -> Callable[..., Any]:
        """The rung's ``make_one_request``, observed."""

        def make_observed(url: str, num: int, **options: Any) -> Any:
            with self._noting(num):
                return make_one(with_id(url, num), num, **options)

        async def make_observed_async(url: str, num: int, **options: Any) -> Any:
            with self._noting(num):
                return await make_one(with_id(url, num), num, **options)

        is_async = inspect.iscoroutinefunction(make_one)
        return make_observed_async if is_async else make_observed

    @contextmanager
    def _noting(self, num: int) -> Iterator[None]:
        _words_of_api.set("")
        try:
            yield
        except Exception as error:
            _add_words_of_api(error)
            self.failures.append((num, error))
            self.progress.note_failure()
            raise
        self.progress.note_answer()


def hear(response: httpx.Response) -> None:
    """Keep what an error's answer says, which the rung does not look at."""
    if response.is_error:
        response.read()
        _words_of_api.set(reason_in(response))


async def hear_async(response: httpx.Response) -> None:
    """The same for an async client."""
    if response.is_error:
        await response.aread()
        _words_of_api.set(reason_in(response))


def _add_words_of_api(error: Exception) -> None:
    words = _words_of_api.get()
    notes = getattr(error, "__notes__", [])
    is_said = any(note.startswith(FIRST_WORDS) for note in notes)
    if words and not is_said and isinstance(error, ValueError):
        error.add_note(FIRST_WORDS + words)
