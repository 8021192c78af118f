"""Requests to a practice server go to no proxy, and to others as before."""

from __future__ import annotations

import os
import urllib.request

import httpx
import pytest

from inflight_lab import PracticeServer
from inflight_lab.server.socket import use_no_proxy_for

NOBODY = "http://127.0.0.1:9"
HOST = "127.0.0.1"


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """It names no proxy, whatever it does on this machine, until the test's end."""
    others = {
        name: value
        for name, value in os.environ.items()
        if not name.lower().endswith("_proxy")
    }
    monkeypatch.setattr(os, "environ", others)


def test_a_proxy_is_not_asked() -> None:
    """While one server runs or two, and after; other exceptions stay, once each."""
    os.environ |= {"HTTP_PROXY": NOBODY, "all_proxy": NOBODY, "NO_PROXY": "example.org"}
    with PracticeServer(latency=0) as server:
        assert httpx.get(server.url).status_code == 200
        with PracticeServer(latency=0) as second:
            assert httpx.get(second.url).status_code == 200
        assert httpx.get(server.url).status_code == 200
    assert urllib.request.getproxies()["no"] == f"example.org,{HOST}"
    with pytest.raises(httpx.ConnectError):
        httpx.get("http://api.example/get")


@pytest.mark.parametrize(
    "named",
    [
        {"NO_PROXY": "example.org"},
        {"ftp_proxy": NOBODY},
        {"http_proxy": NOBODY, "no_proxy": "example.org, 127.0.0.1"},
        {"http_proxy": NOBODY, "no_proxy": "*"},
    ],
    ids=str,
)
def test_nothing_is_changed_without_need(named: dict[str, str]) -> None:
    """No proxy for HTTP, or one that is not used for this machine anyway."""
    os.environ |= named
    before = dict(os.environ)
    use_no_proxy_for(HOST)
    assert os.environ == before


def test_the_proxies_of_the_systems_settings_stay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On Windows and macOS they count while the environment names none: other sites
    still go through them.
    """
    settings = {"http": NOBODY, "https": NOBODY}

    def getproxies() -> dict[str, str]:
        return urllib.request.getproxies_environment() or settings

    monkeypatch.setattr(urllib.request, "getproxies", getproxies)
    use_no_proxy_for(HOST)
    assert getproxies() == settings | {"no": HOST}
