"""Model api: an `Api` of a language model, which counts tokens as well as requests.

- The requests are spaced as for any API.  That matters here: a quota of 60 a minute may
  be enforced as one a second.
- Then each waits until the quota of tokens has room for the most that it may cost
  (`Budgets`), so its ``max_tokens`` should be as low as you can.
- A refusal holds up both, and is tried again by `Api` alone: retries in two places
  multiply.

Source: help.openai.com, "How can I solve 429", on quotas over shorter spans.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx

from inflight_lab.recipes.answers import NoAnswer, in_words
from inflight_lab.recipes.api import Api
from inflight_lab.recipes.results_file import Outcome, Record
from inflight_lab.runners.budgets import Budgets


@dataclass(kw_only=True)
class ModelApi(Api):
    """An API that is asked many questions, within its quotas of requests and tokens."""

    tokens: tuple[float, float]
    """So many tokens, prompts and answers together, in so many seconds."""
    estimate: Callable[[Record], float]
    """The most tokens that the request for an item may cost."""
    refunds: bool = False
    """Whether the API gives back what an answer does not use."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.budgets = Budgets(tokens=self.tokens, refunds=self.refunds)
        self.budgets.attempts = 1

    async def answer_to(self, item: Record) -> Outcome:
        """The same; but what would never fit is not sent."""
        most, seconds = self.tokens
        if self.cost_of(item) > most:
            raise NoAnswer(f"it may cost more than {most:,} tokens in {seconds:g} s")
        return await super().answer_to(item)

    async def send(self, item: Record) -> httpx.Response:
        """Wait until there are enough tokens, and send one request."""
        send_once = partial(super().send, item)
        return await self.budgets.send(send_once, {"tokens": self.cost_of(item)})

    def cost_of(self, item: Record) -> float:
        """What an item may cost.  Raises ``NoAnswer`` if that cannot be estimated."""
        try:
            return float(self.estimate(item))
        except Exception as error:  # in a function of your own
            raise NoAnswer(f"its estimate failed: {in_words(error)}") from error


def text_in(outcome: Outcome) -> Any:
    """What the model wrote, in OpenAI's format; None if there is no answer."""
    if "error" in outcome:
        return None
    return outcome["data"]["choices"][0]["message"]["content"]
