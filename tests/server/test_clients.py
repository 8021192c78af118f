"""What clients make of the dialects: openai's package, and the reader of the rungs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from inflight_lab import PracticeServer
from inflight_lab.runners.refusals import read_refusal
from inflight_lab.server.dialects import DIALECTS
from tests.support.virtual_clock import SetClock

if TYPE_CHECKING:
    import openai

PERIOD = 60
QUESTION: Any = [{"role": "user", "content": "How many words are these?"}]


def server_with(dialect: str, **knobs: object) -> PracticeServer:
    """A server that allows one request a minute, and a thousand tokens."""
    defaults = {"quota": "sliding-window", "rate": 1, "period": PERIOD, "tokens": 1000}
    server = PracticeServer(latency=0, dialect=dialect, **(defaults | knobs))
    server.timeline.clock = SetClock(1000.0)  # which stands still
    return server


def client_of(server: PracticeServer) -> openai.OpenAI:
    """openai's client, without its retries."""
    import openai  # takes long, and every worker collects this file

    address = f"http://127.0.0.1:{server.port}"
    if server.dialect == "azure":
        return openai.AzureOpenAI(
            azure_endpoint=address, api_key="none", api_version="1", max_retries=0
        )
    return openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0)


def ask(client: openai.OpenAI, *, max_tokens: int = 100) -> Any:
    """One chat."""
    return client.chat.completions.create(
        model="practice", messages=QUESTION, max_tokens=max_tokens
    )


@pytest.mark.parametrize(
    ("dialect", "code"), [("openai", "rate_limit_exceeded"), ("azure", "429")]
)
def test_openais_client_is_refused_as_by_the_real_api(dialect: str, code: str) -> None:
    """Its own error, with the code and the headers that it reads."""
    import openai

    with server_with(dialect) as server, client_of(server) as client:
        assert ask(client).usage.completion_tokens <= 100
        with pytest.raises(openai.RateLimitError) as refused:
            ask(client)
    assert refused.value.code == code
    assert refused.value.response.headers["retry-after-ms"] == "60000"


def test_openais_client_knows_what_is_used_up() -> None:
    """By the code, since the error is the same."""
    import openai

    with (
        server_with("openai", exhausted=True) as server,
        client_of(server) as client,
        pytest.raises(openai.RateLimitError) as refused,
    ):
        ask(client)
    assert refused.value.code == "insufficient_quota"


def test_openais_client_sends_nothing_more_where_azure_says_so() -> None:
    """``x-should-retry: false`` counts for more than its own retries."""
    import openai

    with (
        server_with("azure", exhausted=True) as server,
        client_of(server) as client,
        pytest.raises(openai.PermissionDeniedError),
    ):
        ask(client.with_options(max_retries=3))
    assert server.stats().started == 1


def test_openais_client_hears_that_a_request_never_fits() -> None:
    """A refusal that says how much was asked for, and how much there is."""
    import openai

    with (
        server_with("openai") as server,
        client_of(server) as client,
        pytest.raises(openai.RateLimitError, match="Limit 1000, Requested 1500"),
    ):
        ask(client, max_tokens=1500)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_rungs_read_the_pause(dialect: str) -> None:
    """However it is written, it is a minute; and an accepted answer is no refusal."""
    with server_with(dialect) as server:
        assert read_refusal(httpx.get(server.url)) is None
        refusal = read_refusal(httpx.get(server.url))
    assert refusal is not None
    assert not refusal.is_permanent
    assert refusal.pause == pytest.approx(PERIOD, abs=5)
    assert refusal.reason


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_rungs_read_no_pause_for_what_never_fits(dialect: str) -> None:
    """Nor do they take one request that is too large for the end of the plan."""
    with server_with(dialect, tokens=10) as server:
        url = f"http://127.0.0.1:{server.port}/v1/chat/completions"
        words = [{"role": "user", "content": "word " * 100}]
        refused = httpx.post(url, json={"messages": words})
    refusal = read_refusal(refused)
    if refused.status_code == 429:
        assert refusal is not None
        assert (refusal.pause, refusal.is_permanent) == (None, False)
    else:
        assert refusal is None


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_rungs_read_that_too_many_are_in_flight(dialect: str) -> None:
    """It is a refusal that ends, also where only the message says that it is one."""
    with server_with(dialect, max_concurrent=1) as server:
        server.timeline.send()
        refusal = read_refusal(httpx.get(server.url))
    assert refusal is not None
    assert not refusal.is_permanent
    assert refusal.reason


@pytest.mark.parametrize("dialect", DIALECTS)
def test_the_rungs_read_that_no_wait_helps(dialect: str) -> None:
    """In the API's own words."""
    with server_with(dialect, exhausted=True) as server:
        refusal = read_refusal(httpx.get(server.url))
    assert refusal is not None
    assert refusal.is_permanent
    assert refusal.pause is None
    assert refusal.reason
