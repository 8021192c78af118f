"""Lines that keep a script: its own calls, at the API's pace, and again if refused.

Each text is what somebody writes into a script of that library.  In braces stand what
was seen, and `Pacer` or, where tokens count too, `Budgets`.
"""

from collections.abc import Sequence

from inflight_lab.watch.noting.request_log import LimitUse, Request

SDK = "x-stainless-lang"
"""A header of openai's client, and of others that were generated as it was."""
MINUTE = 60
"""Seconds, in which APIs that count tokens do so."""
LONG_PAUSE = 600
"""Seconds, the ``longest_pause`` of `Patience`: it gives up if an API asks for more."""
UNKNOWN = "RATE, PERIOD"
NO_RATE = (
    "no answer says what rate is allowed: fill in RATE and PERIOD (seconds) from the "
    "API's documentation, or a little less than it accepted"
)
TO_KEEP = "to keep your script, take these lines into it:"
TO_OWN = (
    "without the package: inflight-lab snippet {file} > {file}.py, and the same for "
    "patiently"
)
TO_OWN_FOR_THREADS = "without the package: inflight-lab snippet threaded > threaded.py"
TURN = "pacer.turn(tokens=most_tokens(body))"
FOR_TOKENS = """\
from inflight_lab.runners.budgets import most_tokens
# it counts max_tokens of body, your json=... or **..., and a quarter of its bytes
"""
FOR_HTTPX = """\
from inflight_lab import {kind}, Patience
pacer, patiently = {kind}({quotas}), Patience({patience})  # for all requests{instead}
response = await patiently({turn}, client.{method}, url)  # params=, headers= stay
"""
FOR_HTTPX2 = f"""\
lost = (httpx2.TransportError,)
{FOR_HTTPX}"""
FOR_AIOHTTP = """\
from types import SimpleNamespace
from inflight_lab import {kind}, Patience
lost = (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError)
pacer, patiently = {kind}({quotas}), Patience({patience})  # for all requests{instead}
async def send(url, **more):  # params=, headers= stay
    async with session.{method}(url, **more) as got:
        text = await got.text(errors="replace")
    return SimpleNamespace(status_code=got.status, headers=got.headers, text=text)
response = await patiently({turn}, send, url)  # its JSON: json.loads(response.text)
"""
FOR_AN_SDK = """\
import {package}
from inflight_lab import {kind}, Patience
client = {package}.{client}(max_retries=0)  # what else you give it stays
lost = ({package}.APIConnectionError,)
pacer, patiently = {kind}({quotas}), Patience({patience})  # for all requests{instead}
async def create(**body):
    try:
        return await client.{call}.with_raw_response.create(**body)
    except {package}.NotFoundError:  # such as an unknown model
        raise
    except {package}.APIStatusError as error:
        return error.response
response = await patiently({turn}, create, **body)  # what your {call}.create gets
answer = {wait}response.parse()
"""
FOR_THREADS = """\
from inflight_lab.runners.threaded import ThreadPacer
pacer = ThreadPacer({quotas})  # one for all threads
with pacer:  # around each request
"""
FOR_REQUESTS = """\
from requests.adapters import HTTPAdapter
from urllib3 import Retry
from inflight_lab.runners.threaded import ThreadPacer
again = Retry(8, backoff_factor=0.5, status_forcelist=[429, 503])
session.mount("https://", HTTPAdapter(max_retries=again))  # of requests.Session()
pacer = ThreadPacer({quotas})  # one for all threads
with pacer:  # around each request
"""
FOR_THREADS_OF_AN_SDK = f"""\
client = {{package}}.{{client}}(max_retries=8)  # what else you give it stays
{FOR_THREADS}"""
TEXTS = {
    "httpx": FOR_HTTPX,
    "httpx2": FOR_HTTPX2,
    "aiohttp": FOR_AIOHTTP,
    "requests": FOR_REQUESTS,
}
"""By the script's library, unless it has threads or the package of an API."""


def lines_to_keep(
    requests: Sequence[Request],
    allowed: dict[str, str],
    semaphore: LimitUse | None = None,
) -> list[str]:
    """What to write into a script that sends such requests.

    ``allowed`` has the options of `snippet` that are known; ``semaphore`` is one that
    goes.  Nothing for threads if fewer are all that is asked for.
    """
    request = requests[0]
    if "--rate" not in allowed and "--limit" in allowed and not request.is_async:
        return []
    has_tokens = "--tokens" in allowed and request.is_async
    kind = "Budgets" if has_tokens else "Pacer"
    text = _text_for(request)
    text = (FOR_TOKENS + text if has_tokens else text).format(
        **_names_of_the_sdk(request),
        kind=kind,
        quotas=_quotas_in(allowed, is_async=request.is_async),
        turn=TURN if has_tokens else "pacer",
        instead=f", in place of the semaphore ({semaphore.line})" if semaphore else "",
        patience=_patience_for(requests, text),
        method=request.method.lower(),
    )
    code = [f"  {line}" for line in text.splitlines()]
    to_own = TO_OWN if request.is_async else TO_OWN_FOR_THREADS
    lines = [TO_KEEP, *code, to_own.format(file=kind.lower())]
    return [NO_RATE, *lines] if UNKNOWN in text else lines


def _quotas_in(allowed: dict[str, str], *, is_async: bool) -> str:
    """The arguments of the pacer; `ThreadPacer` knows neither tokens nor a limit."""
    period = allowed.get("--period", f"{MINUTE}")
    has_rate = "--rate" in allowed
    rate = f"{allowed['--rate']}, {period}" if has_rate else UNKNOWN
    if is_async and "--tokens" in allowed:
        requests = f"requests=({rate}), " if has_rate else ""
        return f"{requests}tokens=({allowed['--tokens']}, {period})"
    if is_async and "--limit" in allowed:
        pace = rate if has_rate else 'float("inf")'
        return f"{pace}, limit={allowed['--limit']}"
    return rate


def _text_for(request: Request) -> str:
    if is_of_an_sdk(request):
        return FOR_AN_SDK if request.is_async else FOR_THREADS_OF_AN_SDK
    if request.library.startswith("httpx") and not request.is_async:
        return FOR_THREADS
    return TEXTS[request.library]


def _patience_for(requests: Sequence[Request], text: str) -> str:
    """What `Patience` needs to know of the library, and of the API."""
    options = []
    if "lost = " in text:
        options.append("lost=lost")
    if max(each.pause for each in requests) > LONG_PAUSE:
        options.append("longest_pause=3600")
    return ", ".join(options)


def is_of_an_sdk(request: Request) -> bool:
    """Whether the package of an API sent it."""
    return SDK in _headers_of(request)


def sender_of(request: Request) -> str:
    """The package of an API that sent it, else the library."""
    if is_of_an_sdk(request):
        return _names_of_the_sdk(request)["package"]
    return request.library


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
