"""What the practice API answers, and to whom."""

from __future__ import annotations

from base64 import b64encode
from typing import NamedTuple

import httpx
import pytest

from inflight_lab import PracticeServer
from inflight_lab.server.app import PracticeApp
from tests.support.asgi import client_of

pytestmark = pytest.mark.anyio


@pytest.fixture
def app() -> PracticeApp:
    """One request is all that the quota allows: whatever is counted is noticed."""
    return PracticeApp(latency=0, quota="sliding-window", rate=1, period=3600)


async def assert_nothing_was_counted(app: PracticeApp) -> None:
    """The timeline is empty, and the one request that the quota allows is left."""
    assert app.stats().started == 0
    async with client_of(app) as client:
        assert (await client.get("/get")).status_code == 200


async def test_answers_like_httpbin(
    server: PracticeServer, client: httpx.AsyncClient
) -> None:
    """The shape of httpbin's ``/get``: a learner's code for the one runs against the
    other.
    """
    url = f"{server.url}?a=1&b=x&b=y"
    response = await client.get(url, headers={"Content-Type": "application/json"})
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    answer = response.json()
    assert list(answer) == ["args", "headers", "origin", "url"]
    assert answer["args"] == {"a": "1", "b": ["x", "y"]}
    assert answer["headers"]["Content-Type"] == "application/json"
    assert answer["headers"]["User-Agent"].startswith("python-httpx/")
    assert answer["headers"]["Host"] == f"127.0.0.1:{server.port}"
    assert answer["origin"] == "127.0.0.1"
    assert answer["url"] == url


class Secret(NamedTuple):
    """Where a request carries a secret: a header, a parameter, or before the host."""

    headers: tuple[str, ...] = ()
    param: str = ""
    user: str = ""


SECRETS = [
    *(
        Secret(headers=(name,))
        for name in (
            "Authorization",
            "Cookie",
            "X-Api-Key",
            "DD-APPLICATION-KEY",
            "X-Functions-Key",
            "X-Anything-Else",
        )
    ),
    Secret(headers=("X-Goog-Api-Key",), param="key"),
    Secret(param="api_key"),
    Secret(param="access_token"),
    Secret(user="ada:hunter2@"),
]


@pytest.mark.parametrize(
    "secret", SECRETS, ids=lambda secret: "".join(map(str, secret))
)
async def test_no_secret_comes_back(app: PracticeApp, secret: Secret) -> None:
    """Answers end up in files: of a header that may prove who sends it, and that is
    any but the usual ones, only the name is shown.
    """
    headers = dict.fromkeys(secret.headers, "Bearer hunter2")
    headers |= {"Accept": "application/json"}
    params = {"page": "2"}
    if secret.param:
        params[secret.param] = "hunter2"
    url = f"http://{secret.user}127.0.0.1/get"
    async with client_of(app) as client:
        response = await client.get(url, params=params, headers=headers)
    assert response.status_code == 200
    for written in ("hunter2", b64encode(b"ada:hunter2").decode()):
        assert written not in response.text
    answer = response.json()
    assert "(not shown)" in [*answer["headers"].values(), *answer["args"].values()]
    assert answer["args"].keys() == params.keys()
    assert answer["args"]["page"] == "2"
    assert "page=2" in answer["url"]
    assert answer["headers"]["Accept"] == "application/json"


async def test_other_paths_and_methods_do_not_count(app: PracticeApp) -> None:
    """Only GET /get is the exercise; anything else gets the usual error."""
    async with client_of(app) as client:
        assert (await client.get("/get/nothing")).status_code == 404
        assert (await client.post("/get")).status_code == 405
    await assert_nothing_was_counted(app)


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "0.0.0.0"])
async def test_foreign_host_is_refused(app: PracticeApp, host: str) -> None:
    """A page that points its own name at 127.0.0.1 gets nothing from this server."""
    async with client_of(app) as client:
        response = await client.get("/get", headers={"Host": f"{host}:8000"})
        assert response.status_code == 400
        assert "headers" not in response.text
        assert app.stats().started == 0
        response = await client.get("/get", headers={"Host": "localhost:8000"})
        assert response.status_code == 200


def fetch(site: str, mode: str, dest: str) -> dict[str, str]:
    """The fields in which a browser says what it fetches, and for which site."""
    return {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": dest}


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://127.0.0.1.evil.example"},
        {"Origin": "http://localhost@evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://["},
        fetch("cross-site", "no-cors", "image"),
        fetch("cross-site", "navigate", "iframe"),
    ],
    ids=str,
)
async def test_foreign_page_is_refused(
    app: PracticeApp, headers: dict[str, str]
) -> None:
    """What a browser sends for another site's page gets nothing, counts nowhere, and
    uses no quota.
    """
    async with client_of(app) as client:
        response = await client.get("/get", headers=headers)
    assert response.status_code == 403
    assert "headers" not in response.text
    await assert_nothing_was_counted(app)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://127.0.0.1:8888"},
        {"Origin": "https://LOCALHOST"},
        {"Origin": "http://[::1]:8888"},
        fetch("none", "navigate", "document"),
        fetch("same-site", "cors", "empty"),
        fetch("cross-site", "navigate", "document"),
    ],
    ids=str,
)
async def test_own_page_and_followed_link_are_served(
    app: PracticeApp, headers: dict[str, str]
) -> None:
    """Pages of this machine and followed links are answered, without leave for a script
    to read.
    """
    async with client_of(app) as client:
        response = await client.get("/get", headers=headers)
    assert response.status_code == 200
    assert not [name for name in response.headers if "access-control" in name]
