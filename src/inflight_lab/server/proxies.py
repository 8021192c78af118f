"""Lets clients reach a practice server where the environment names a proxy.

Behind a school's proxy httpx sends even requests to this machine to that proxy.  A
plain ``httpx.AsyncClient()`` asks nothing but the environment when it is made.  So
while a server runs, and only if there is a proxy at all, the environment names this
machine as an exception.  When the last server has stopped, the environment is as it
was.
"""

import os
import threading
import urllib.request
from typing import Self

NO_PROXY = ("NO_PROXY", "no_proxy")
USED_FOR_HTTP = {"http", "https", "all"}


class ProxyException:
    """``with ProxyException("127.0.0.1"):`` no proxy is used for that host.

    Blocks may overlap, in different threads: the last one to end cleans up.
    """

    def __init__(self, host: str) -> None:
        self._host = host
        self._lock = threading.Lock()
        self._blocks = 0
        self._before: dict[str, str | None] = {}

    def __enter__(self) -> Self:
        with self._lock:
            self._blocks += 1
            if self._is_needed():
                self._change_environment()
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._blocks -= 1
            if self._blocks == 0:
                self._restore_environment()

    def _is_needed(self) -> bool:
        proxies = urllib.request.getproxies()
        exceptions = _exceptions(proxies)
        is_excepted = self._host in exceptions or "*" in exceptions
        return not USED_FOR_HTTP.isdisjoint(proxies) and not is_excepted

    def _change_environment(self) -> None:
        proxies = urllib.request.getproxies()
        if not urllib.request.getproxies_environment():
            # Proxies from the settings of Windows and macOS count only as long as the
            # environment says nothing about proxies.
            for scheme, proxy in proxies.items():
                self._set(f"{scheme}_proxy", proxy)
        exceptions = [*_exceptions(proxies), self._host]
        for name in NO_PROXY:
            self._set(name, ",".join(exceptions))

    def _set(self, name: str, value: str) -> None:
        self._before[name] = os.environ.get(name)
        os.environ[name] = value

    def _restore_environment(self) -> None:
        for name, before in self._before.items():
            if before is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = before
        self._before.clear()


def _exceptions(proxies: dict[str, str]) -> list[str]:
    """The hosts for which no proxy is used."""
    hosts = proxies.get("no", "").split(",")
    return [host.strip() for host in hosts if host.strip()]
