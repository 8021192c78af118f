"""Ask a language model with openai's client.  Needs Python 3.11, httpx and openai.

    pip install httpx openai
    OPENAI_API_KEY=... python with_openai.py

It keeps within the API's quotas of requests and of tokens.  Each answer is written to
the results file as it comes.  You can stop the script at any time: the next start asks
only what has no answer yet.  If you change the prompt, the model or the limit, it is a
new question and is asked again.

A request whose answer was lost is sent again, so the API may count it twice.
"""

from functools import partial
from typing import Any

import httpx
import openai

from inflight_lab.recipes.api import patient_retries
from inflight_lab.recipes.as_httpx import as_httpx
from inflight_lab.recipes.headers import check_ascii, filled_in
from inflight_lab.recipes.model_api import ModelApi, text_in
from inflight_lab.recipes.prompts import estimate_tokens, item_for
from inflight_lab.recipes.report import report, run
from inflight_lab.recipes.results_file import Outcome, Record, ResultsFile, open_results
from inflight_lab.recipes.settings import Stop, check_settings

# Change these lines.
URL = "https://api.openai.com/v1"
MODEL = "the-name-of-a-model"  # as the API names it
PROMPTS = {1: "What is a semaphore?", 2: "What is a quota?"}  # by ids of your own
QUOTAS = [(500, 60)]  # what the API allows: pairs (requests, seconds); all hold
TOKENS = (30_000, 60)  # and one pair (tokens, seconds), for prompts and answers

# Sent with each request, besides the key and what else openai's client sends.  $NAME in
# a value stands for that variable of the environment.
HEADERS: dict[str, str] = {}

MAX_TOKENS = 300  # where an answer is cut off; keep it low: the API may count all of it
REFUNDS = False  # True if the API gives back the tokens that an answer does not use
LIMIT = 100  # requests in flight; raise it to requests per second x seconds per answer
TIMEOUT = 120.0  # seconds for one attempt; raise it if long answers need more
RESULTS = "results.jsonl"  # a line for each answer; for fresh ones, name another file


async def main() -> list[Outcome]:
    """Ask what has no answer yet.  Return the outcome of every prompt, in order."""
    check_settings(PROMPTS=PROMPTS, QUOTAS=QUOTAS, TOKENS=TOKENS, LIMIT=LIMIT)
    headers = filled_in(HEADERS)
    check_ascii(headers)
    items = [item_for(id, body_of(PROMPTS[id]), url=URL) for id in PROMPTS]
    with open_results(RESULTS, items) as results:
        async with new_client(headers) as client:
            api = new_api(client, results)
            await api.ask_for(results.missing())
        return report(results)


def new_api(client: openai.AsyncOpenAI, results: ResultsFile) -> ModelApi:
    """The API, with what it allows."""
    return ModelApi(
        ask=partial(ask, client),
        results=results,
        quotas=QUOTAS,
        tokens=TOKENS,
        estimate=estimate_tokens,
        refunds=REFUNDS,
        limit=LIMIT,
        retries=patient_retries(timeout=TIMEOUT),
    )


def new_client(headers: dict[str, str]) -> openai.AsyncOpenAI:
    """openai's client, which leaves retries, timeouts and redirects to the script."""
    try:
        return openai.AsyncOpenAI(
            base_url=URL,
            default_headers=headers,
            max_retries=0,
            timeout=None,
            http_client=openai.DefaultAsyncHttpxClient(follow_redirects=False),
        )
    except openai.OpenAIError as error:  # there is no key
        raise Stop(str(error)) from error


def body_of(prompt: str) -> dict[str, Any]:
    """What the API gets.  Add other messages and settings here."""
    messages = [{"role": "user", "content": prompt}]
    return {"model": MODEL, "messages": messages, "max_tokens": MAX_TOKENS}


async def ask(client: openai.AsyncOpenAI, item: Record) -> httpx.Response:
    """Send the request for one item.  Its answer and its errors become httpx's."""
    chats = client.chat.completions.with_raw_response
    try:
        answer = await chats.create(**item["body"])
        response = answer.http_response
    except openai.APIStatusError as error:
        response = error.response
    except openai.APIConnectionError as error:
        raise httpx.NetworkError(f"{error} {error.__cause__}") from error
    return as_httpx(response.status_code, response.headers, response.content)


if __name__ == "__main__":
    outcomes = run(main)  # one for each prompt, in order
    texts = [text_in(outcome) for outcome in outcomes]  # use them here
    raise SystemExit(any("error" in outcome for outcome in outcomes))
