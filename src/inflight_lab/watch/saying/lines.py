"""Lines that keep a script: its own calls, at the API's pace, and again if refused.

Each text is what somebody writes into a script of that library.  In braces stand what
was seen, and `Pacer` or, where tokens count too, `Budgets`.
"""

from inflight_lab.watch.noting.quota import is_github
from inflight_lab.watch.noting.request_log import LimitUse, Request

SDK = "x-stainless-lang"
"""A header of openai's client, and of others that were generated as it was."""
MINUTE = "60"
LOST = {"aiohttp": "lost", "httpx2": "(httpx2.TransportError,)"}
"""By the library: its errors for a lost connection; `Patience` knows those of httpx."""
TO_KEEP = "to keep your script, take these lines into it:"
TO_OWN = (
    "without the package: inflight-lab snippet {file} > {file}.py, and the same for "
    "patiently"
)
TO_OWN_FOR_THREADS = "without the package: inflight-lab snippet threaded > threaded.py"
FOR_HTTPX = """\
from inflight_lab import {kind}, Patience
pacer, patiently = {kind}({quotas}), Patience({patience})  # inside main{instead}
response = await patiently({turn}, client.{method}, url)  # params=, headers= stay
"""
FOR_AIOHTTP = """\
from types import SimpleNamespace
from inflight_lab import {kind}, Patience
lost = (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError)
pacer, patiently = {kind}({quotas}), Patience({patience})  # inside main{instead}
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
pacer, patiently = {kind}({quotas}), Patience({patience})  # inside main{instead}
async def create(**body):
    try:
        return await client.{call}.with_raw_response.create(**body)
    except {package}.NotFoundError:  # such as an unknown model
        raise
    except {package}.APIStatusError as error:
        return error.response
response = await patiently({turn}, create, **body)  # body: model=... and so on
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
FOR_THREADS_OF_AN_SDK = """\
from inflight_lab.runners.threaded import ThreadPacer
client = {package}.{client}(max_retries=8)  # what else you give it stays
pacer = ThreadPacer({quotas})  # one for all threads
with pacer:  # around each call
"""


def lines_to_keep(
    request: Request, allowed: dict[str, str], semaphore: LimitUse | None = None
) -> list[str]:
    """What to write into a script that sends such requests; none without a rate.

    ``allowed`` has the options of `snippet`; ``semaphore`` is one that goes.
    """
    if "--rate" not in allowed:
        return []
    if not request.is_async:  # `ThreadPacer` knows neither tokens nor a limit
        allowed = {**allowed, "--tokens": "", "--limit": ""}
    kind = "Budgets" if allowed.get("--tokens") else "Pacer"
    text = _text_for(request).format(
        **_names_of_the_sdk(request),
        kind=kind,
        quotas=_quotas_in(allowed),
        turn="pacer.turn(tokens=500)" if kind == "Budgets" else "pacer",
        instead=f", in place of the semaphore ({semaphore.line})" if semaphore else "",
        patience=_patience_for(request),
        method=request.method.lower(),
    )
    to_own = TO_OWN if request.is_async else TO_OWN_FOR_THREADS
    lines = [f"  {line}" for line in text.splitlines()]
    return [TO_KEEP, *lines, to_own.format(file=kind.lower())]


def _quotas_in(allowed: dict[str, str]) -> str:
    """The arguments of the pacer.  APIs that count tokens do so by the minute."""
    period = allowed.get("--period", MINUTE)
    quotas = f"{allowed['--rate']}, {period}"
    if allowed.get("--tokens"):
        quotas = f"requests=({quotas}), tokens=({allowed['--tokens']}, {period})"
    if allowed.get("--limit"):
        quotas += f", limit={allowed['--limit']}"
    return quotas


def is_of_an_sdk(request: Request) -> bool:
    """Whether the package of an API sent it."""
    return SDK in _headers_of(request)


def _text_for(request: Request) -> str:
    if is_of_an_sdk(request):
        return FOR_AN_SDK if request.is_async else FOR_THREADS_OF_AN_SDK
    texts = {"aiohttp": FOR_AIOHTTP, "requests": FOR_REQUESTS}
    return texts.get(request.library, FOR_HTTPX if request.is_async else FOR_THREADS)


def _patience_for(request: Request) -> str:
    """What `Patience` needs to know of the library, and of the API."""
    options = []
    if is_of_an_sdk(request):
        package = _names_of_the_sdk(request)["package"]
        options.append(f"lost=({package}.APIConnectionError,)")
    elif request.library in LOST:
        options.append(f"lost={LOST[request.library]}")
    if is_github(request.headers):
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
