"""Numbers of the prose that stand neither in the code nor in what it prints.

Each is computed from numbers that do, or comes from a document (`Documented`).  A key
is a piece of the prose, or of a table's row, with the number in it, as short as it can
be and still be found once.  A piece with several numbers has as many expressions, in a
tuple.  An expression is Python; what a cell printed is ``printed("code-cell")[0]``, and
``of("package.module:NAME.attribute")`` is a value of some package.
`Apart` is for a number of something that no cell here runs, which is not to be compared
with what is printed beside it.  A cell's id stands for all its numbers, if they are
`Documented` together.
"""

from __future__ import annotations

from tests.support.claimed_numbers import Apart, Documented, Explained

MEASURED_ONCE = "measured once, on Linux with two cores; too long for a notebook"
MEASURED = "python -m tests.benchmarks.utilisation, on two cores"
BYTES_PER_TOKEN = 'of("inflight_lab.runners.budgets:BYTES_PER_TOKEN")'
EXAMPLE = Documented("the Budgets in the same sentence")
GCRA_MARGIN = Documented("runners/shared_quota.py: gcra_for")
PATIENT = Documented("the fields of Patience in runners/patiently.py")
RETRIES = 'of("inflight_lab.runners.patiently:Patience.{}")'
BASE = RETRIES.format("first_backoff")
KEPT = 'of("httpx._config:DEFAULT_LIMITS.max_keepalive_connections")'
KEPT_OPEN = 'of("httpx._config:DEFAULT_LIMITS.keepalive_expiry")'
FIRST_RETRY = 'of("openai._constants:INITIAL_RETRY_DELAY")'

NUMBERS: dict[str, Explained] = {
    "00": {
        "This one allows 100 requests": Documented("the story; 02 builds that API"),
    },
    "01": {},
    "02": {
        "takes two rounds": "200 / 100",
    },
    "03": {
        "need 10 rounds": "30 / 3",
        "is 20 rounds": "200 / 10",
        "so at least 6 seconds": "200 / 10 * 0.3",
        "leaves after 19": "200 / 10 - 1",
        "have allowed 570": "(200 / 10 - 1) * 0.3 * 100",
        "a hundred times as fast": "1 / 0.01",
        "up to a hundred times": "1 / 0.01",
        "allows 100 in flight": Documented("GitHub's page, linked beside it"),
    },
    "04": {
        "every 1.3 seconds": "0.3 + 1",
        "4 groups of 1.3 seconds": ("12 / 3", "0.3 + 1"),
        "at least 5.2 seconds": Apart("12 / 3 * (0.3 + 1)"),
        "would be 66 full": "200 // 3",
        "without a pause: 66": "200 // 3",
        "1.3 + 0.3, or 86 seconds": (
            "0.3 + 1",
            "0.3",
            Apart("200 // 3 * (0.3 + 1) + 0.3"),
        ),
        "allows 8,600 requests": "round(200 // 3 * (0.3 + 1) + 0.3) * 100",
        "would need 67": "ceil(200 / 3)",
        "0.3 = 20.1 seconds": ("0.3", Apart("ceil(200 / 3) * 0.3")),
        "/ 0.1 =": Documented("an example, which no cell runs"),
    },
    "05": {
        "shop with 3 tills": "3",
        "serves 3 customers": "3",
        "and then up to 100": "3 / 0.03",
        "0.6 and 0.9": ("2 * 0.3", "3 * 0.3"),
        "averages 100 a second": "rate_for(limit_for(100, latency=0.3), latency=0.3)",
        "For 100 a second, that": "100",
        "is 100 / 4": ("100", "bursts(1, 0.3)"),
        "Here the API allows 100": "100",
        "limit for 100 a second on average": "100",
        "what limit 25 would send": "safe_limit(100, latency=0.3)",
        "0.01 s | 1": ("0.01", "limit_for(100, latency=0.01)"),
        "but 101 in its busiest": "bursts(1, 0.01)",
        "2,500 a second": "rate_for(safe_limit(100, latency=0.3), latency=0.01)",
        "0.1 s | 10 | 9": (
            "0.1",
            "limit_for(100, latency=0.1)",
            "safe_limit(100, latency=0.1)",
        ),
        "250 a second": "rate_for(safe_limit(100, latency=0.3), latency=0.1)",
        "0.3 s | 30 | 25": (
            "0.3",
            "limit_for(100, latency=0.3)",
            "safe_limit(100, latency=0.3)",
        ),
        "83 a second": "rate_for(safe_limit(100, latency=0.3), latency=0.3)",
        "1 s | 100 | 50": (
            "1",
            "limit_for(100, latency=1)",
            "safe_limit(100, latency=1)",
        ),
        "| 25 a second": "rate_for(safe_limit(100, latency=0.3), latency=1)",
    },
    "06": {
        "0.6 = 7.2 seconds": ("0.6", Apart("60 / 5 * 0.6")),
        "= 3 seconds, and one latency": Apart("60 / 20"),
        "the sixty-first leaves 3": "3",
        "spacing is 1.25 % wider": "100 * (1.0125 - 1)",
        "up to 0.0375 seconds faster": "3 * (1.0125 - 1)",
        "0.6 = 12 at first": ("0.6", "60 / 3 * 0.6"),
        "about 20": "60 / 3",
        "or `Pacer(20)` for 20 a second": "60 / 3",
        "for 20 a second send 2": ("60 / 3", "2"),
        "then 6, then 1": ("60 / 3 * 0.3", "60 / 3 * 0.05"),
        "paced | 200 | 0 | 2.315 | 99": (
            "200",
            Apart("0"),
            Apart("round((200 - 1) / 100 * 1.0125 + 0.3, 3)"),
            Apart("round(100 * 200 / ((200 - 1) * 1.0125))"),
        ),
        "retries | 200 | 0 | 2.315 | 99": (
            "200",
            Apart("0"),
            Apart("round((200 - 1) / 100 * 1.0125 + 0.3, 3)"),
            Apart("round(100 * 200 / ((200 - 1) * 1.0125))"),
        ),
        "leaves after 199": "200 - 1",
        "0.010125 =": "1.0125 / 100",
        "seconds: 200 / 201.5": ("200", "(200 - 1) * 1.0125"),
        "comes to 98.8": "100 / 1.0125",
        "have only 199": "200 - 1",
        "a limit of 25 sends 25 / 0.1": (
            "safe_limit(100, latency=0.3)",
            "safe_limit(100, latency=0.3)",
            "0.1",
        ),
        "at most 90 in flight": "90",
        "pool of 100": 'of("httpx._config:DEFAULT_LIMITS.max_connections")',
        "yesterday's script | 0 | 100 | 0.6": (
            "0",
            Apart("200 - 100"),
            Apart("2 * 0.3"),
        ),
        "kept | 100 | 100 | 0.6 | 50": (
            Apart("100"),
            Apart("200 - 100"),
            Apart("2 * 0.3"),
            Apart("100 * 100 / 200"),
        ),
        "of 10 | 200 | 0 | 6.0 | 35": (
            "10",
            "200",
            Apart("0"),
            Apart("200 / 10 * 0.3"),
            Apart("round(100 * 200 / (100 * (200 / 10 - 1) * 0.3))"),
        ),
        "of 3 (predicted) | 200 | 0 | 20.1 | 10": (
            "3",
            "200",
            Apart("0"),
            Apart("ceil(200 / 3) * 0.3"),
            Apart("round(100 * 200 / (100 * (ceil(200 / 3) - 1) * 0.3))"),
        ),
        "of 25, safe": "safe_limit(100, latency=0.3)",
        "05 (predicted) | 200 | 0 | 2.4 | 95": (
            "200",
            Apart("0"),
            Apart("200 / safe_limit(100, latency=0.3) * 0.3"),
            Apart("round(200 / ((200 / safe_limit(100, latency=0.3) - 1) * 0.3))"),
        ),
        "of 30 (predicted) | 180 | 20 | 2.1 | 90": (
            "100 * 0.3",
            Apart("200 - (4 * 100 * 0.3 - 100)"),
            Apart("4 * 100 * 0.3 - 100"),
            Apart("ceil(200 / (100 * 0.3)) * 0.3"),
            Apart("100 * (200 - (4 * 100 * 0.3 - 100)) / 200"),
        ),
        "pause (predicted) | 200 | 0 | 86": (
            "200",
            Apart("0"),
            Apart("round(floor(200 / 3) * (0.3 + 1) + 0.3)"),
        ),
    },
    "07": {
        "With 100 a second, 100 go": ("100", "100"),
        "and 99 new permits": "100 - 1",
    },
    "08": {
        "After four attempts": "5 - 1",
        "tried at most eight times": RETRIES.format("attempts"),
        "0.5, 1, 2 and 4": (
            BASE,
            f"2 * {BASE}",
            f"2 * 2 * {BASE}",
            f"2 * 2 * 2 * {BASE}",
        ),
        "and so on, up to 30": RETRIES.format("longest_backoff"),
        "refuses ten times": RETRIES.format("refusals_in_a_row"),
        "answer after 2 seconds": "2",
        "the seconds since 1970": Documented("Unix time: POSIX, section 4.16"),
        "which is six minutes": Documented("the header in the same row, 6m0s"),
        "would have sent 2,500": "5 * 500",
        "since tqdm 4.69": Documented("tqdm's release notes of v4.69.0"),
        "up to two minutes": 'of("openai._constants:MAX_RETRY_AFTER_DELAY") / 60',
        "of November 2026": Documented("the day on which the sources were read"),
        "after 0.5 seconds and then 1": (FIRST_RETRY, f"2 * {FIRST_RETRY}"),
        "up to 8": 'of("openai._constants:MAX_RETRY_DELAY")',
        "at most 1.5 seconds": f"(1 + 2) * {FIRST_RETRY}",
        "after 24 hours": Documented("Stripe's page, linked beside it"),
        "the default is 5 seconds": KEPT_OPEN,
        "the default is 15": Documented("TCPConnector in aiohttp/connector.py"),
        "and 100 connections": Documented("TCPConnector in aiohttp/connector.py"),
        "more than five minutes": 'of("aiohttp.client:DEFAULT_TIMEOUT.total") / 60',
    },
    "09": {
        "five seconds, which takes": 'of("httpx._config:DEFAULT_TIMEOUT_CONFIG.pool")',
        "four times as many": "300 / 75",
        "often 1,024, on a Mac 256": (
            Documented("the usual soft limit of Linux distributions"),
            Documented("launchctl limit maxfiles, on macOS"),
        ),
        "took 1,559 MB with tasks": Documented(MEASURED_ONCE),
        "it took 34 MB": Documented(MEASURED_ONCE),
        "27 November 2026": (Documented(MEASURED_ONCE), Documented(MEASURED_ONCE)),
        "At 100 a minute, 10,000 take 10,000": (
            Documented("an example, computed in the sentence"),
            Documented("an example, computed in the sentence"),
            Documented("an example, computed in the sentence"),
        ),
        "take 2.8 hours": "1000 * 1000 / 100 / 60 / 60",
        "with up to 1,000 connections": (
            'of("openai._constants:DEFAULT_CONNECTION_LIMITS.max_connections")'
        ),
        "to 0.15 seconds": Documented("server/knobs.py: half to one and a half times"),
        "as of November 2026": Documented("the day on which the two pages were read"),
        "At most 24 hours": Documented("OpenAI's page, linked in the row"),
        "Up to 50,000 requests, or 200 MB": (
            Documented('OpenAI\'s API reference, "Create batch"'),
            Documented('OpenAI\'s API reference, "Create batch"'),
        ),
        "after 24 hours the rest": Documented("Anthropic's page, linked in the row"),
        "Up to 100,000 requests, or 256 MB": (
            Documented("Anthropic's page, linked in the row"),
            Documented("Anthropic's page, linked in the row"),
        ),
    },
    "10": {
        "lets up to 3 / 0.05 = 60": ("3", "0.05", "3 / 0.05"),
        "and 60 requests take about 60": ("2 * 30", "2 * 30"),
        "leaves 1 % of the period for that": GCRA_MARGIN,
        "that is 0.6 seconds": Documented("1 % of 60 seconds"),
        "of a second only 0.01": Documented("1 % of it"),
        "four workers send 80": ("4", "4 * 20"),
        "of 100 a second, four senders get 25": ("100", "100 / 4"),
    },
    "11": {
        "is 6,000 a minute": Documented("the Pacer in the code before it"),
        "take more, up to 100": 'of("httpx._config:DEFAULT_LIMITS.max_connections")',
        "more than ten minutes": PATIENT,
        "tried up to eight times": PATIENT,
        "after ten refusals in a row": PATIENT,
        "httpx opens at most 100": 'of("httpx._config:DEFAULT_LIMITS.max_connections")',
        "keeps at most 20": KEPT,
    },
    "12": {
        "more than five rounds": "bursts(3, 0.7)",
        "send four times within one": "bursts(1, 0.3)",
        "So 40 / 4 = 10 slots": ("40", "bursts(1, 0.3)", "safe_limit(40, latency=0.3)"),
        "can send seven times": "bursts(1, 0.3 / 2)",
        "40 / 7 = 5.7": ("40", "bursts(1, 0.3 / 2)", "40 / bursts(1, 0.3 / 2)"),
        "would need 2": Apart("200 / 100"),
        "about 20 minutes": Documented("its first cell says so, too"),
        "A million": Documented("notebook 09"),
    },
    "13": {
        "because 6": "2000 // 302",
        "six fit: 6": "2000 // 300",
        "500 a minute leave at least 60 / 500 = 0.12": (
            EXAMPLE,
            "60",
            "500",
            "60 / 500",
        ),
        "that say so (November 2026": Documented(
            "the day on which the pages were read"
        ),
        "four characters a token": BYTES_PER_TOKEN,
        "four bytes a token": BYTES_PER_TOKEN,
        "20 / 4": ("20", BYTES_PER_TOKEN),
        "6 / 4": ("6", BYTES_PER_TOKEN),
    },
    "compare_limiters": {
        "take 50 ms each": 'of("inflight_lab.judge.api:LATENCY")',
        "text-judged": Documented("what judge prints: test_compare_limiters"),
        "text-measured": Documented(MEASURED),
        "text-measured-table": Documented(MEASURED),
        "text-measured-happened": Documented(MEASURED),
    },
    "glossary": {
        "the same 200 requests": Documented("the job of 00 and of all that follow"),
        "at most 100 unless": 'of("httpx._config:DEFAULT_LIMITS.max_connections")',
    },
}
"""By the notebook's number, or its name if it has none."""
