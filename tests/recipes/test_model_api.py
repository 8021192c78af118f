"""How the recipes for language models share out tokens, on the virtual clock."""

from __future__ import annotations

import asyncio
import math
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from inflight_lab.recipes.api import patient_retries
from inflight_lab.recipes.model_api import ModelApi, text_in
from inflight_lab.recipes.results_file import Outcome, Record, open_results
from inflight_lab.runners.retry_policy import RetryPolicy
from tests.support.dialects import PERMANENT, Dialect
from tests.support.virtual_clock import run, virtual_loop

Respond = Callable[[int], httpx.Response]
COST = 100
"""Tokens that each request may cost, unless a test says otherwise."""


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a results file of its own, and without a bar."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "tqdm", None)


def used(tokens: int) -> httpx.Response:
    """An answer that took so many tokens."""
    return httpx.Response(200, json={"usage": {"total_tokens": tokens}})


class Model:
    """A language model's API; ``sent`` is when each request came, by its number."""

    def __init__(self, respond: Respond = lambda number: used(10)) -> None:
        self.sent: list[float] = []
        self._respond = respond

    async def ask(self, item: Record) -> httpx.Response:
        """Answer after 0.1 s."""
        self.sent.append(virtual_loop().time())
        number = len(self.sent) - 1
        await asyncio.sleep(0.1)
        return self._respond(number)

    def sent_within(self, seconds: float) -> int:
        """How many came so soon after the first."""
        return sum(moment - self.sent[0] < seconds for moment in self.sent)


async def ask_all(model: Model, count: int, **settings: Any) -> list[Outcome]:
    """The outcomes of so many questions."""
    defaults: dict[str, Any] = {
        "quotas": [(500, 60)],
        "tokens": (1000, 60),
        "estimate": lambda item: COST,
        "limit": 20,
    }
    items = [{"key": str(number)} for number in range(count)]
    with open_results("results.jsonl", items) as results:
        api = ModelApi(ask=model.ask, results=results, **defaults | settings)
        await api.ask_for(results.missing())
        return [results.outcomes[key] for key in results.items]


@pytest.mark.parametrize(("refunds", "in_a_minute"), [(False, 10), (True, 91)])
def test_the_most_that_a_request_may_cost_is_reserved(
    refunds: bool, in_a_minute: int
) -> None:
    """A thousand tokens are enough for ten requests that may cost 100; if they cost 10
    and the API gives back the rest, one more is sent until 900 are used.
    """
    model = Model()
    outcomes = run(ask_all(model, 95, refunds=refunds))
    assert all("error" not in outcome for outcome in outcomes)
    assert model.sent_within(60) == in_a_minute


def test_requests_are_spaced() -> None:
    """A burst may be refused, although there is room for it in the minute."""
    model = Model()
    run(ask_all(model, 30, quotas=[(60, 60)], tokens=(1e6, 60)))
    gaps = [b - a for a, b in zip(model.sent, model.sent[1:], strict=False)]
    assert min(gaps) > 0.99


def test_waiting_for_tokens_is_no_timeout() -> None:
    """The time for an attempt begins when the request is sent."""
    model = Model()
    retries = patient_retries(timeout=1.0)
    outcomes = run(ask_all(model, 4, tokens=(COST, 60), retries=retries))
    assert all("error" not in outcome for outcome in outcomes)
    assert len(model.sent) == 4
    assert model.sent[-1] - model.sent[0] > 180


def test_what_never_fits_is_not_sent() -> None:
    """It is an error of that question alone."""
    costs = {"0": 10, "1": 1001, "2": 1000}
    model = Model()
    outcomes = run(ask_all(model, 3, estimate=lambda item: costs[item["key"]]))
    errors = [outcome.get("error") for outcome in outcomes]
    assert errors == [None, "it may cost more than 1,000 tokens in 60 s", None]
    assert len(model.sent) == 2


class BadEstimate(NamedTuple):
    """What a function of your own makes of one question, and the error that says so."""

    make: Callable[[], Any]
    error: str


def raise_key_error() -> float:
    """A mistake in it."""
    raise KeyError("body")


BAD_ESTIMATES = {
    "raises": BadEstimate(raise_key_error, "its estimate failed: KeyError: 'body'"),
    "nothing": BadEstimate(lambda: None, "its estimate failed: TypeError: float() arg"),
    "no number": BadEstimate(
        lambda: math.nan, "ValueError: This can never be sent: nan tokens"
    ),
}


@pytest.mark.parametrize("bad", BAD_ESTIMATES.values(), ids=BAD_ESTIMATES)
def test_a_bad_estimate_costs_only_its_question(bad: BadEstimate) -> None:
    """The others get their answers, and the error says where to look."""
    model = Model()

    def estimate(item: Record) -> Any:
        return bad.make() if item["key"] == "3" else COST

    outcomes = run(ask_all(model, 20, estimate=estimate))
    error = outcomes.pop(3)["error"]
    assert error.startswith(bad.error)
    assert all("error" not in outcome for outcome in outcomes)
    assert len(model.sent) == 19


@pytest.mark.parametrize("dialect", PERMANENT.values(), ids=PERMANENT)
def test_a_permanent_refusal_stops_all(dialect: Dialect) -> None:
    """Whoever waits for tokens does not send anything more, and all have the reason."""
    model = Model(lambda number: dialect.refusal(1))
    outcomes = run(ask_all(model, 30))
    assert len(model.sent) <= 10
    errors = {outcome["error"] for outcome in outcomes}
    assert len(errors) == 1
    assert dialect.reason in errors.pop()


def test_a_wrong_token_stops_all() -> None:
    """The same without a word on quotas."""
    model = Model(lambda number: httpx.Response(401))
    outcomes = run(ask_all(model, 30, tokens=(COST, 60)))
    assert len(model.sent) == 1
    assert {outcome["error"] for outcome in outcomes} == {
        "given up: status 401: Unauthorized (is the token right?)"
    }


def test_retries_do_not_multiply() -> None:
    """What is refused each time is sent as often as `Api` says, and no more."""
    busy = httpx.Response(429, headers={"Retry-After": "1"})
    model = Model(lambda number: used(10) if number == 0 else busy)
    outcomes = run(ask_all(model, 2, limit=1, retries=RetryPolicy(attempts=3)))
    assert outcomes[1]["error"] == "status 429: Too Many Requests"
    assert len(model.sent) == 1 + 3


def test_a_pause_longer_than_the_gates_own_is_kept() -> None:
    """All go on after it, also those that were waiting for tokens."""
    busy = httpx.Response(429, headers={"Retry-After": "300"})
    model = Model(lambda number: busy if number == 2 else used(10))
    outcomes = run(ask_all(model, 15, quotas=[(60, 60)]))
    assert all("error" not in outcome for outcome in outcomes)
    assert model.sent_within(300) == 3
    assert len(model.sent) == 16


def test_an_error_has_no_text() -> None:
    """A list of texts has a place for each question."""
    assert text_in({"key": "a", "error": "status 500"}) is None
