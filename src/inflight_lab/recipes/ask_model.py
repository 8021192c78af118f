"""Ask a language model many questions, within its quotas, and keep every answer.

    python ask_model.py

Each answer is in RESULTS as soon as it comes: {"key": [id, question], "data": answer}.
Stop the script when you like: the next start asks only what has no answer yet.  With
another prompt, model or setting it is a new question.  A question whose answer was lost
is asked again, so the API may count it twice.
"""

import asyncio
import json
import os
import sys
from functools import partial
from typing import Any

import httpx

from inflight_lab import AnswerFile, Budgets, Patience, Stop

URL = "https://api.example.com/v1/chat/completions"
MODEL = ""  # as the API names it
PROMPTS: dict[Any, str] = {}  # by ids of your own: {1: "What is a semaphore?"}
REQUESTS = 500  # that the API allows ...
TOKENS = 30_000  # ... and tokens, of prompts and answers together, ...
PERIOD = 60  # ... in so many seconds
MAX_TOKENS = 300  # where an answer is cut off; keep it low: the API may count all of it
LIMIT = 90  # requests in flight: at least requests per second x seconds per answer
TIMEOUT = 120.0  # seconds for one attempt: long answers take long
# Set the variable after $ in the environment, so that no key is in the script.
HEADERS = {"Authorization": "Bearer $API_KEY"}
RESULTS = "answers.jsonl"  # for fresh answers, name another file


async def main() -> bool:
    """Ask what has no answer yet.  Return whether all is there now."""
    headers = checked_settings()
    quotas = {"requests": (REQUESTS, PERIOD), "tokens": (TOKENS, PERIOD)}
    budgets = Budgets(limit=LIMIT, **quotas)
    questions = [(id, body_of(prompt)) for id, prompt in PROMPTS.items()]
    pool = httpx.Limits(max_connections=None)  # the budgets have one
    client = httpx.AsyncClient(headers=headers, timeout=None, limits=pool)
    with AnswerFile(RESULTS) as answers:
        async with client:
            ask_one = partial(ask, client, Patience(timeout=TIMEOUT), budgets)
            return await answers.collect(questions, ask_one, limit=LIMIT)


def body_of(prompt: str) -> dict[str, Any]:
    """What the API gets.  Add other messages and settings here."""
    messages = [{"role": "user", "content": prompt}]
    return {"model": MODEL, "messages": messages, "max_tokens": MAX_TOKENS}


async def ask(
    client: httpx.AsyncClient, patiently: Patience, budgets: Budgets, question: Any
) -> Any:
    """What to keep for one question: the API's whole answer."""
    _, body = question
    turn = budgets.turn(requests=1, tokens=most_tokens(body))
    response = await patiently(turn, client.post, URL, json=body)
    return response.json()


def most_tokens(body: dict[str, Any]) -> float:
    """What a question and its answer may cost: four bytes of a prompt are a token.

    That is right for English and for code, and too little for Chinese.
    """
    return len(json.dumps(body["messages"])) / 4 + MAX_TOKENS


def checked_settings() -> dict[str, str]:
    """HEADERS with its variables filled in.  Raises `Stop` for what cannot be right."""
    if "example.com" in URL:
        raise Stop(f"URL must be the address of your API, got {URL!r}")
    if not MODEL or not PROMPTS:
        raise Stop("MODEL and PROMPTS must be set")
    headers = {name: os.path.expandvars(value) for name, value in HEADERS.items()}
    for value in headers.values():
        if "$" in value:
            raise Stop(f"HEADERS: the environment has no variable for {value!r}")
    return headers


if __name__ == "__main__":
    try:
        sys.exit(not asyncio.run(main()))
    except (Stop, ValueError) as mistake:
        sys.exit(f"Nothing was sent: {mistake}")
    except KeyboardInterrupt:
        sys.exit("Interrupted.  The next start goes on from here.")
