"""Lines that keep a script: its own calls, at the API's pace, and again if refused.

Each text is what somebody writes into a script of that library.  In braces stand what
was seen, and `Pacer` or, where tokens count too, `Budgets`.
"""

from inflight_lab.watch.quota import is_github
from inflight_lab.watch.request_log import LimitUse, Request

SDK = "x-stainless-lang"
"""A header of openai's client, and of others that were generated as it was."""
MINUTE = "60"
TO_KEEP = "to keep your script, take these lines into it:"
TO_OWN = "without the package: inflight-lab snippet {file} > {file}.py{and_patiently}"
AND_PATIENTLY = ", and the same for patiently"
FOR_HTTPX = """\
from inflight_lab import {kind}, Patience
pacer, patiently = {pacer}, Patience({patience})  # inside main{instead}
response = await patiently({turn}, client.{method}, url)  # params=, headers= stay
"""
FOR_AIOHTTP = """\
from types import SimpleNamespace
from inflight_lab import {kind}, Patience
lost = (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError)
pacer, patiently = {pacer}, Patience({patience})  # inside main{instead}
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
pacer, patiently = {pacer}, Patience({patience})  # inside main{instead}
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
pacer = ThreadPacer({quota})  # one for all threads
with pacer:  # around each request
"""
FOR_REQUESTS = """\
from requests.adapters import HTTPAdapter
from urllib3 import Retry
from inflight_lab.runners.threaded import ThreadPacer
again = Retry(8, backoff_factor=0.5, status_forcelist=[429, 503])
session.mount("https://", HTTPAdapter(max_retries=again))  # of requests.Session()
pacer = ThreadPacer({quota})  # one for all threads
with pacer:  # around each request
"""
FOR_THREADS_OF_AN_SDK = """\
from inflight_lab.runners.threaded import ThreadPacer
client = {package}.{client}(max_retries=8)  # what else you give it stays
pacer = ThreadPacer({quota})  # one for all threads
with pacer:  # around each call
"""


def lines_to_keep(
    request: Request, allowed: dict[str, str], semaphore: LimitUse | None = None
) -> list[str]:
    """What to write into a script that sends such requests; none without a rate.

    ``allowed`` has the options of `snippet`; ``semaphore`` is one that goes.
    """
    rate, tokens = allowed.get("--rate"), allowed.get("--tokens")
    if not rate:
        return []
    period = allowed.get("--period", MINUTE)
    quota = f"{rate}, {period}"
    kind, turn, quotas = "Pacer", "pacer", quota
    if tokens:
        kind, turn = "Budgets", "pacer.turn(tokens=500)"  # of prompt and answer
        quotas = f"requests=({quota}), tokens=({tokens}, {period})"
    if "--limit" in allowed:
        quotas += f", limit={allowed['--limit']}"
    instead = f", in place of the semaphore ({semaphore.line})" if semaphore else ""
    text = _text_for(request).format(
        **_names_of_the_sdk(request),
        kind=kind,
        pacer=f"{kind}({quotas})",
        turn=turn,
        quota=quota,
        instead=instead,
        patience=_patience_for(request),
        method=request.method.lower(),
    )
    to_own = TO_OWN.format(
        file=kind.lower() if request.is_async else "threaded",
        and_patiently=AND_PATIENTLY if request.is_async else "",
    )
    return [TO_KEEP, *(f"  {line}" for line in text.splitlines()), to_own]


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
    lost = {"aiohttp": "lost", "httpx2": "(httpx2.TransportError,)"}.get(
        request.library
    )
    if is_of_an_sdk(request):
        lost = f"({_names_of_the_sdk(request)['package']}.APIConnectionError,)"
    options = [f"lost={lost}"] if lost else []
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
