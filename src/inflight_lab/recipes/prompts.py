"""Prompts: questions to a language model, and the most tokens that each may cost.

An estimate need not be exact.  If it is too low, the API counts more than the script
does, and may refuse; if it is too high, some of the quota is left unused.

- *The prompt*: one token for four bytes, which is about right for English and for
  program code.  Chinese has three to four and a half bytes a token, depending on the
  model.  If tiktoken is installed and knows the model, it counts them.  (The first time
  it loads the model's vocabulary from the internet.)
- *The answer*: ``max_tokens``, because nobody knows how long it will be.
"""

import hashlib
import json
from functools import cache
from typing import Any

import httpx

from inflight_lab.recipes.results_file import Record
from inflight_lab.runners.token_counts import BYTES_PER_TOKEN, most_answer_tokens


def item_for(id: object, body: dict[str, Any], *, url: str) -> Record:
    """A question as an item.  Its key follows from all that is asked."""
    return {"key": digest_of([url, id, body]), "id": id, "body": body}


def digest_of(question: object) -> str:
    """A short text that is the same for the same question only."""
    text = json.dumps(question, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def estimate_tokens(item: Record) -> float:
    """The most tokens that a question and its answer may have together."""
    body = item["body"]
    request = httpx.Request("POST", "", json=body)
    prompt_tokens = tokens_in(request.content.decode(), model=body["model"])
    return prompt_tokens + most_answer_tokens(request)


def tokens_in(text: str, *, model: str) -> float:
    """How many tokens a text has for a model: counted, or else estimated."""
    tokenizer = tokenizer_for(model)
    if tokenizer is None:
        return len(text.encode()) / BYTES_PER_TOKEN
    return len(tokenizer.encode_ordinary(text))


@cache
def tokenizer_for(model: str) -> Any:
    """tiktoken's tokenizer for a model; None if there is none on this computer."""
    try:
        import tiktoken

        return tiktoken.encoding_for_model(model)
    except (ImportError, KeyError, OSError):  # or unknown, or it cannot be loaded
        return None
