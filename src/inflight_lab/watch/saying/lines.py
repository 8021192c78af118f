"""Lines that keep a script: its own calls, at the API's pace, and again if refused.

`lines.toml` has the texts, and here they are filled in with what was seen.
"""

import tomllib
from collections.abc import Sequence
from pathlib import Path

from inflight_lab.watch.noting.request_log import Request

SDK = "x-stainless-lang"
"""A header of openai's client, and of others that were generated as it was."""
MINUTE = 60
"""Seconds, in which APIs that count tokens do so."""
LONG_PAUSE = 600
"""Seconds, the ``longest_pause`` of `Patience`: it gives up if an API asks for more."""
TO_KEEP = "to keep your script, take these lines into it, in a semaphore's place:"
TO_OWN = "to own their code: inflight-lab snippet pacer, budgets, patiently or threaded"
TURN = "pacer.turn(tokens=most_tokens(body))"
FILE = Path(__file__).with_suffix(".toml")
TEXTS: dict[str, str] = tomllib.loads(FILE.read_text(encoding="utf-8"))
"""By the library, and for what else a script sends with."""


def lines_to_keep(requests: Sequence[Request], allowed: dict[str, str]) -> list[str]:
    """What to write into a script that sends such requests.

    ``allowed`` has the options of `snippet`, a rate, tokens or a limit among them.
    Nothing for threads if fewer are all that is asked for.
    """
    request = requests[0]
    if "--rate" not in allowed and "--limit" in allowed and not request.is_async:
        return []
    pacer = pacer_for(request, allowed)
    kind = pacer.partition("(")[0]
    has_tokens = kind == "Budgets"
    text = _text_for(request)
    code = (TEXTS["tokens"] + text if has_tokens else text).format(
        **_names_of_the_sdk(request),
        kind=kind,
        pacer=pacer,
        turn=TURN if has_tokens else "pacer",
        patience=_patience_for(requests, text),
        method=request.method.lower(),
    )
    return [TO_KEEP, *(f"  {line}" for line in code.splitlines()), TO_OWN]


def pacer_for(request: Request, allowed: dict[str, str]) -> str:
    """What keeps to that; `ThreadPacer` knows neither tokens nor a limit."""
    period = allowed.get("--period", f"{MINUTE}")
    rate = f"{allowed['--rate']}, {period}" if "--rate" in allowed else ""
    if not request.is_async:
        return f"ThreadPacer({rate})"
    if "--tokens" in allowed:
        requests = f"requests=({rate}), " if rate else ""
        return f"Budgets({requests}tokens=({allowed['--tokens']}, {period}))"
    if "--limit" in allowed:
        pace = rate or 'float("inf")'
        return f"Pacer({pace}, limit={allowed['--limit']})"
    return f"Pacer({rate})"


def _text_for(request: Request) -> str:
    if SDK in _headers_of(request):
        return TEXTS["sdk" if request.is_async else "sdk_threads"]
    if request.library.startswith("httpx") and not request.is_async:
        return TEXTS["threads"]
    return TEXTS[request.library]


def _patience_for(requests: Sequence[Request], text: str) -> str:
    """What `Patience` needs to know of the library, and of the API."""
    options = []
    if "lost = " in text:
        options.append("lost=lost")
    if max(each.refusal.pause for each in requests) > LONG_PAUSE:
        options.append("longest_pause=3600")
    return ", ".join(options)


def _names_of_the_sdk(request: Request) -> dict[str, str]:
    """Its package and its client, as in ``AsyncOpenAI/Python 2.8``, and the call."""
    client = _headers_of(request).get("user-agent", "AsyncOpenAI").partition("/")[0]
    package = client.removeprefix("Async").removeprefix("Azure").lower()
    _, _, call = request.url.partition("?")[0].rpartition("/")
    return {
        "package": package,
        "client": client,
        "call": "chat.completions" if call == "completions" else call,
        "wait": "" if package == "openai" else "await ",
    }


def _headers_of(request: Request) -> dict[str, str]:
    """Those that it was sent with, by their names in lower case."""
    return {
        name.lower(): str(value) for name, value in dict(request.sent_headers).items()
    }
