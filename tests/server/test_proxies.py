"""Requests to a practice server go to no proxy, and the environment stays as it was."""

from __future__ import annotations

import os
import urllib.request

import httpx
import pytest

from inflight_lab import PracticeServer
from inflight_lab.server.proxies import ProxyException

NOBODY = "http://127.0.0.1:9"
HOST = "127.0.0.1"


def variables() -> dict[str, str]:
    """What the environment says about proxies."""
    ending = "_proxy"
    return {
        name: os.environ[name] for name in os.environ if name.lower().endswith(ending)
    }


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment names no proxy, whatever it does on this machine."""
    for name in variables():
        monkeypatch.delenv(name)


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """All requests go to a proxy where nobody listens, but not those to one site."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, NOBODY)
    monkeypatch.setenv("NO_PROXY", "example.org")
    return variables()


def test_a_proxy_is_not_asked(proxy: dict[str, str]) -> None:
    """While one server runs or two, whichever stops first; other exceptions stay."""
    with PracticeServer(latency=0) as server:
        assert httpx.get(server.url).status_code == 200
        second = PracticeServer(latency=0).start()
        hosts = urllib.request.getproxies()["no"].split(",")
        assert sorted(hosts) == ["127.0.0.1", "example.org"]
    assert httpx.get(second.url).status_code == 200
    second.stop()
    assert variables() == proxy
    with second:
        assert httpx.get(second.url).status_code == 200
        with pytest.raises(OSError, match="in use"):
            PracticeServer(port=second.port).start()
    assert variables() == proxy


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
def test_nothing_is_changed_without_need(
    named: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No proxy for HTTP, or one that is not used for this machine anyway."""
    for name, value in named.items():
        monkeypatch.setenv(name, value)
    before = variables()
    with ProxyException(HOST):
        assert variables() == before


def test_the_proxies_of_the_systems_settings_stay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On Windows and macOS they count while the environment names none: other sites
    still go through them.
    """
    settings = {"http": NOBODY, "https": NOBODY}
    before = variables()

    def getproxies() -> dict[str, str]:
        return urllib.request.getproxies_environment() or settings

    monkeypatch.setattr(urllib.request, "getproxies", getproxies)
    with ProxyException(HOST):
        assert getproxies() == settings | {"no": HOST}
    assert variables() == before
