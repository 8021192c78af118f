"""Ask a language model many questions, within its quotas, and keep every answer.

    python ask_model.py  # needs Python 3.11 or newer, and httpx

Each answer is in RESULTS as soon as it comes: "key" is the question, "data" its JSON.
Stop the script when you like: the next start asks only what has no answer yet.  With
another prompt, model or setting it is a new question.  A question whose answer was lost
is asked again, so the API may count it twice.
"""

import json
import os
import sys
from typing import Any

import httpx

from inflight_lab import AnswerFile, Budgets, Patience
from inflight_lab.recipes.settings import start
from inflight_lab.runners.budgets import most_tokens

URL = "https://api.example.com/v1/chat/completions"
MODEL = ""  # as the API names it
PROMPTS: dict[Any, str] = {}  # by ids of your own: {1: "What is a semaphore?"}
REQUESTS = 500  # that the API allows ...
TOKENS = 30_000  # ... and tokens, of prompts and answers together, ...
PERIOD = 60  # ... in so many seconds
MAX_TOKENS = 300  # where an answer is cut off; keep it low: the API may count all of it
LIMIT = 90  # requests in flight: at least requests per second x seconds per answer
TIMEOUT = 120.0  # seconds for one attempt: long answers take long
HEADERS = {"Authorization": f"Bearer {os.environ.get('API_KEY', '')}"}
RESULTS = "answers.jsonl"  # for fresh answers, name another file


async def main() -> bool:
    """Ask what has no answer yet.  Return whether all is there now."""
    if "//api.example.com/" in URL or not MODEL or not PROMPTS:
        raise ValueError("URL must be that of your API, MODEL and PROMPTS must be set")
    if HEADERS.get("Authorization") == "Bearer ":
        raise ValueError("there is no key: set API_KEY in the environment")
    quotas = {"requests": (REQUESTS, PERIOD), "tokens": (TOKENS, PERIOD)}
    budgets = Budgets(limit=LIMIT, **quotas)
    patiently = Patience(timeout=TIMEOUT)
    pool = httpx.Limits(max_connections=None)  # else at most 100 in flight
    client = httpx.AsyncClient(headers=HEADERS, timeout=None, limits=pool)

    async def ask(question: str) -> Any:
        """What to keep for one question: the API's whole answer."""
        _, body = json.loads(question)
        turn = budgets.turn(tokens=most_tokens(body))
        response = await patiently(turn, client.post, URL, json=body)
        if response.status_code in (404, 410):
            await patiently.stop(f"wrong URL or MODEL: {response.text:.200}")
        return response.json()

    questions = [json.dumps([id, body_of(prompt)]) for id, prompt in PROMPTS.items()]
    with AnswerFile(RESULTS) as answers:
        async with client:
            return await answers.collect(questions, ask, patiently, limit=LIMIT)


def body_of(prompt: str) -> dict[str, Any]:
    """What the API gets.  Add other messages and settings here."""
    messages = [{"role": "user", "content": prompt}]
    # OpenAI's reasoning models want "max_completion_tokens" in place of "max_tokens".
    return {"model": MODEL, "messages": messages, "max_tokens": MAX_TOKENS}


if __name__ == "__main__":
    sys.exit(not start(main))
