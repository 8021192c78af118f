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

    Blocks may overlap, in different threads: the last one to end cleans up.  A variable
    that somebody else sets meanwhile stays as they set it.
    """

    def __init__(self, host: str) -> None:
        self._host = host
        self._lock = threading.Lock()
        self._blocks = 0
        self._before: dict[str, str | None] = {}
        self._set: dict[str, str] = {}

    def __enter__(self) -> Self:
        with self._lock:
            self._blocks += 1
            if not self._set and self._is_needed():
                self._change_environment()
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._blocks -= 1
            if self._blocks == 0:
                self._restore_environment()

    def _is_needed(self) -> bool:
        exceptions = _exceptions()
        proxies = urllib.request.getproxies().keys() & USED_FOR_HTTP
        return bool(proxies) and not {self._host, "*"} & set(exceptions)

    def _change_environment(self) -> None:
        if not urllib.request.getproxies_environment():
            # Proxies from the settings of Windows and macOS count only as long as the
            # environment says nothing about proxies.
            for scheme, proxy in urllib.request.getproxies().items():
                self._set[f"{scheme}_proxy"] = proxy
        for name in NO_PROXY:
            self._set[name] = ",".join([*_exceptions(), self._host])
        self._before = {name: os.environ.get(name) for name in self._set}
        os.environ.update(self._set)

    def _restore_environment(self) -> None:
        for name, value in self._set.items():
            if os.environ.get(name) != value:
                continue
            before = self._before[name]
            if before is None:
                del os.environ[name]
            else:
                os.environ[name] = before
        self._set = {}


def _exceptions() -> list[str]:
    """The hosts for which no proxy is used."""
    hosts = urllib.request.getproxies().get("no", "").split(",")
    return [host.strip() for host in hosts if host.strip()]
