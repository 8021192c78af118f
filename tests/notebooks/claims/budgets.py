"""What notebook 13 claims."""

from __future__ import annotations

from tests.support.run_all import Ran


def claims_of_13(ran: Ran) -> None:
    """The tokens refuse a semaphore, and nothing refuses budgets that reserve the most,
    unless they give back what the API still counts.

    What the plot shows of the last run: the tokens are nearer to their quota than the
    requests.
    """
    assert ran.text("code-one").splitlines()[2] == "x-ratelimit-limit-requests 60"
    refused, of, *_ = ran.numbers("code-semaphore-run")
    assert of == 60
    assert refused >= 5
    assert ran.text("code-semaphore-run").endswith("more than 2000 tokens in 2 s")
    rows = [line.split() for line in ran.text("code-reserve").splitlines()[1:4]]
    refused_by = {int(reserve): int(refused) for reserve, refused, *_ in rows}
    elapsed = {int(reserve): float(seconds) for reserve, _, seconds, *_ in rows}
    assert refused_by[302] == refused_by[1000] == 0
    assert refused_by[80] > 0
    assert elapsed[302] < elapsed[1000]
    assert all(int(busiest) <= 30 for *_, busiest in rows)
    peak = "max(point.highest for point in plot.run.levels['{}'])"
    rate = ran.kernel.value(peak.format("rate"))
    tokens = ran.kernel.value(peak.format("tokens"))
    quota = ran.kernel.value("plot.run.policies[-1].policy.tokens")
    assert quota == 2000
    assert rate / 60 < tokens / quota <= 1
    assert ran.text("code-never").startswith(
        "This can never be sent: 2001 tokens.  Budgets: "
    )
    given_back, kept = (
        line.split() for line in ran.text("code-arrival").splitlines()[1:]
    )
    assert (given_back[0], kept[0]) == ("True", "False")
    assert int(given_back[1]) > 0
    assert int(kept[1]) == 0
    with_limit, without = ran.text("code-estimate").splitlines()
    assert "'output_tokens': 300" in with_limit
    assert "'output_tokens': 1000" in without
    assert ran.text("code-transport") == "30 answers, 0 refused"
    answered, refused_on_the_way, *_ = ran.numbers("code-refused")
    assert answered == 15
    assert refused_on_the_way > 0
