"""What notebook 13 claims."""

from __future__ import annotations

import ast

from tests.support.run_all import NUMBER, Ran


def claims_of_13(ran: Ran) -> None:
    """The tokens refuse a semaphore, and nothing refuses budgets that reserve the most,
    unless they give back what the API still counts.
    """
    assert ran.text("code-one").splitlines()[2] == "x-ratelimit-limit-requests 60"
    refused, of, *_ = ran.numbers("code-semaphore-run")
    assert of == 60
    assert refused >= 5
    assert "because of more than 2000 tokens in 2 s" in ran.text("code-semaphore-run")
    expect_reservations(ran)
    expect_that_tokens_bind(ran)
    expect_counts(ran)
    expect_estimates(ran)
    assert ran.text("code-never") == "tokens must be between 0 and 2000, got 2001"
    assert ran.text("code-transport") == "30 answers, 0 refused"
    events, usage, end = ran.text("code-streamed").splitlines()
    assert events.endswith(" events; the last two:")
    assert list(ast.literal_eval(usage)) == [
        "prompt_tokens",
        "completion_tokens",
        "total_tokens",
    ]
    assert end == "data: [DONE]"
    assert ran.text("code-day") == "One more would have to wait until tomorrow."
    answered, refused_on_the_way, *_ = ran.numbers("code-refused")
    assert answered == 15  # "You lose none."
    assert refused_on_the_way > 0


def expect_reservations(ran: Ran) -> None:
    """1,000 tokens are slow, 50 are too few, and 302 are right."""
    measured = {}
    lines = ran.text("code-reserve") + "\n" + ran.text("code-reserve-most")
    for line in lines.split("\n"):
        if line:
            reserved, refused, seconds, *_ = NUMBER.findall(line)
            measured[reserved] = (int(refused), float(seconds))
    assert measured.keys() == {"1000", "50", "302"}
    assert measured["1000"][0] == measured["302"][0] == 0
    assert measured["50"][0] > 0
    assert measured["302"][1] < measured["1000"][1]


def expect_that_tokens_bind(ran: Ran) -> None:
    """In the picture, the tokens come nearer to their quota than the requests."""
    rate = ran.kernel.value("plot.run.counts.busiest_period")
    tokens = ran.kernel.value("max(level.value for level in plot.run.levels['tokens'])")
    quota = ran.kernel.value("plot.run.policies[-1].policy.tokens")
    assert quota == 2000
    assert 1.2 * rate / 60 < tokens / quota <= 1  # "much nearer"


def expect_counts(ran: Ran) -> None:
    """A request costs what it uses, or all of ``max_tokens``: then six fit, and the
    others have to wait.
    """
    assert ran.text("code-counted").split("\n") == [
        "draft: 21 used, 1979 remain",
        "openai: 21 used, 1700 remain",
    ]
    given_back, kept = ran.text("code-arrival").splitlines()
    assert given_back.startswith("give back: True, ")
    assert not given_back.endswith(", 0 refused")
    assert kept == "give back: False, 12 accepted, 0 refused"


def expect_estimates(ran: Ran) -> None:
    """Bytes are counted, not characters, and what the answer may have is added."""
    assert ran.text("code-characters").splitlines() == [
        "20 characters, 20 bytes: about 5 tokens",
        "6 characters, 18 bytes: about 4.5 tokens",
    ]
    with_limit, without = ran.text("code-estimate").splitlines()
    assert with_limit.endswith(" for the prompt, and 300 for the answer")
    assert without.endswith(" for the prompt, and 1000 for the answer")
