"""How a question to a language model becomes an item, and what it may cost."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any, NamedTuple

import pytest

from inflight_lab.recipes.prompts import (
    digest_of,
    estimate_tokens,
    item_for,
    tokenizer_for,
)
from inflight_lab.recipes.results_file import Record

ENGLISH = "What is a semaphore, and what is it for? " * 100
CHINESE = "信号量限制同时进行的请求数量。" * 100
MAX_TOKENS = 300


@pytest.fixture(autouse=True)
def _with_a_fresh_tokenizer() -> Iterator[None]:
    """None of an earlier test."""
    tokenizer_for.cache_clear()
    yield
    tokenizer_for.cache_clear()


def question(prompt: str, **body: Any) -> Record:
    """An item as the recipes make it."""
    messages = [{"role": "user", "content": prompt}]
    body = {"model": "known", "messages": messages, "max_tokens": MAX_TOKENS} | body
    return item_for(1, body, url="https://api.example")


def test_a_digest_names_one_question() -> None:
    """The order of its fields does not matter, and anything else does."""
    question = {"model": "a", "messages": [{"content": "Grüß Gott"}]}
    turned = dict(reversed(question.items()))
    assert digest_of(question) == digest_of(turned)
    assert digest_of(question) != digest_of(question | {"model": "b"})
    assert digest_of([1, "2"]) != digest_of(["1", 2])


class Prompt(NamedTuple):
    """A text, and how many bytes of it are a token in OpenAI's vocabularies."""

    text: str
    fewest_bytes: float
    most_bytes: float


PROMPTS = {"English": Prompt(ENGLISH, 3.5, 4.5), "Chinese": Prompt(CHINESE, 3, 4.5)}


@pytest.mark.parametrize("prompt", PROMPTS.values(), ids=PROMPTS)
def test_without_a_tokenizer_four_bytes_are_a_token(
    prompt: Prompt, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of what is sent, in which a Chinese letter has three bytes; and the answer is as
    long as it may be.
    """
    monkeypatch.setitem(sys.modules, "tiktoken", None)
    size = len(prompt.text.encode())
    tokens = estimate_tokens(question(prompt.text)) - MAX_TOKENS
    assert size / prompt.most_bytes < tokens < size / prompt.fewest_bytes


@pytest.mark.parametrize(
    ("settings", "answer"), [({}, 300), ({"n": 3}, 900), ({"max_tokens": 50}, 50)]
)
def test_answers_count_with_all_that_they_may_have(
    settings: dict[str, int], answer: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of several, and with another limit."""
    monkeypatch.setitem(sys.modules, "tiktoken", None)
    tokens = estimate_tokens(question("Why?", **settings))
    assert answer < tokens < answer + 40


class Tokenizer:
    """A token for each letter; special tokens are letters like others."""

    def encode_ordinary(self, text: str) -> list[int]:
        """As tiktoken's, which never refuses a text."""
        return [ord(letter) for letter in text]


def install_tiktoken(
    monkeypatch: pytest.MonkeyPatch, error: Exception | None = None
) -> None:
    """A stand-in that knows one model, or cannot be loaded."""

    def encoding_for_model(name: str) -> Tokenizer:
        if error is not None:
            raise error
        if name != "known":
            raise KeyError(name)
        return Tokenizer()

    module: Any = ModuleType("tiktoken")
    module.encoding_for_model = encoding_for_model
    monkeypatch.setitem(sys.modules, "tiktoken", module)


def test_a_tokenizer_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where tiktoken is installed, and knows the model."""
    install_tiktoken(monkeypatch)
    without_prompt = estimate_tokens(question(""))
    assert estimate_tokens(question(CHINESE)) - without_prompt == len(CHINESE)


def test_a_tokenizer_that_cannot_be_had_stops_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A model that it does not know, and a vocabulary that cannot be loaded, are
    estimated as if it were not there.
    """
    monkeypatch.setitem(sys.modules, "tiktoken", None)
    estimate = estimate_tokens(question(ENGLISH))
    install_tiktoken(monkeypatch, ConnectionError("no internet"))
    tokenizer_for.cache_clear()
    assert estimate_tokens(question(ENGLISH)) == estimate
    install_tiktoken(monkeypatch)
    assert estimate_tokens(question(ENGLISH, model="other")) == estimate
