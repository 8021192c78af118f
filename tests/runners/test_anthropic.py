"""The anthropic package against the practice server in its dialect, within budgets.

It is built on httpx2, and so must be the transport below it.  The lessons are pasted
for that, with ``import httpx2 as httpx`` in place of ``import httpx``.
"""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from inflight_lab import PracticeServer, runners
from inflight_lab.runners import SHARED_LESSONS

if TYPE_CHECKING:
    import anthropic

pytestmark = pytest.mark.anyio

FOLDER = Path(runners.__path__[0])
LESSONS = ("budgets", *SHARED_LESSONS)
QUESTION: Any = [{"role": "user", "content": "How many words are these?"}]


@pytest.fixture
def lesson(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The pasted lesson, on httpx2."""
    for name in LESSONS:
        source = (FOLDER / f"{name}.py").read_text("utf-8")
        pasted, *_ = source.split("# The lesson ends here.")
        pasted = pasted.replace("inflight_lab.runners.", "")
        pasted = pasted.replace("\nimport httpx\n", "\nimport httpx2 as httpx\n")
        (tmp_path / f"{name}.py").write_text(pasted, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("budgets")
    for name in LESSONS:
        sys.modules.pop(name, None)


@pytest.fixture
async def api() -> AsyncIterator[PracticeServer]:
    """An API that counts the tokens of an answer, whatever ``max_tokens`` says."""
    knobs = {"quota": "sliding-window", "rate": 50, "tokens": 2000, "period": 2.0}
    with PracticeServer(latency=0.02, seed=1, dialect="anthropic", **knobs) as server:
        yield server


def within(api: PracticeServer, budgets: Any) -> anthropic.AsyncAnthropic:
    """The package's own client, with ``budgets`` below it."""
    import anthropic  # takes long, and every worker collects this file
    import httpx2

    return anthropic.AsyncAnthropic(
        base_url=f"http://127.0.0.1:{api.port}",
        api_key="none",
        max_retries=0,
        timeout=60.0,  # seconds; a busy computer is slow with 100 at once
        http_client=httpx2.AsyncClient(transport=budgets),
    )


async def ask(client: anthropic.AsyncAnthropic, *, stream: bool) -> int:
    """One message: how many tokens it took."""
    options: Any = {"model": "practice", "messages": QUESTION, "max_tokens": 100}
    if stream:
        async with client.messages.stream(**options) as events:
            answer = await events.get_final_message()
    else:
        answer = await client.messages.create(**options)
    words = answer.content[0].text.split()
    assert len(words) == answer.usage.output_tokens
    return int(answer.usage.input_tokens + answer.usage.output_tokens)


@pytest.mark.parametrize("stream", [False, True])
async def test_within_budgets_nothing_is_refused(
    api: PracticeServer, lesson: Any, stream: bool
) -> None:
    """Every answer, over more than one period, and no 429; what an answer does not use
    is given back.
    """
    budgets = lesson.Budgets(requests=(50, 2.0), tokens=(2000, 2.0), refunds=True)
    async with within(api, budgets) as client:
        used = await asyncio.gather(*(ask(client, stream=stream) for _ in range(60)))
    assert (api.stats().accepted, api.stats().refused) == (60, 0)
    assert sum(used) > 2000, "the quota was never reached"


async def test_a_quota_that_is_smaller_than_the_budget(
    api: PracticeServer, lesson: Any
) -> None:
    """Refused requests are sent again when the API says, so the package sees none."""
    api.rate = 10
    async with within(api, lesson.Budgets(requests=(50, 2.0))) as client:
        used = await asyncio.gather(*(ask(client, stream=False) for _ in range(20)))
    assert len(used) == 20
    assert api.stats().accepted == 20
    assert api.stats().refused > 0


async def test_overloaded(
    api: PracticeServer, lesson: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A 529 says nothing about when: it is tried again a little later."""
    monkeypatch.setattr(lesson.Budgets, "backoff", 0.1)
    api.max_concurrent = 5
    async with within(api, lesson.Budgets(requests=(50, 2.0))) as client:
        used = await asyncio.gather(*(ask(client, stream=False) for _ in range(12)))
    assert len(used) == 12
    assert api.stats().accepted == 12


async def test_no_money_is_left(api: PracticeServer, lesson: Any) -> None:
    """Each gets the package's own error with the API's reason, and nothing more than
    what was in flight is sent.
    """
    import anthropic

    api.exhausted = True
    async with within(api, lesson.Budgets(requests=(5, 2.0))) as client:
        outcomes = await asyncio.gather(
            *(ask(client, stream=False) for _ in range(100)), return_exceptions=True
        )
    for outcome in outcomes:
        assert isinstance(outcome, anthropic.RateLimitError)
        assert "monthly API usage" in str(outcome)
    assert api.stats().started <= 5
