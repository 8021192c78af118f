"""Lets clients reach a practice server where the environment names a proxy.

Behind a school's proxy httpx sends even requests to this machine to that proxy.  A
plain ``httpx.AsyncClient()`` asks nothing but the environment when it is made.  So the
first server that starts names this machine there as an exception, if there is a proxy
at all.  It stays: no proxy could reach this machine.
"""

import os
import urllib.request

USED_FOR_HTTP = {"http", "https", "all"}


def use_no_proxy_for(host: str) -> None:
    """Tell the clients of this process to reach ``host`` without a proxy."""
    proxies = urllib.request.getproxies()
    exceptions = [each.strip() for each in proxies.get("no", "").split(",")]
    is_excepted = host in exceptions or "*" in exceptions
    if is_excepted or USED_FOR_HTTP.isdisjoint(proxies):
        return
    if not urllib.request.getproxies_environment():
        # Proxies from the settings of Windows and macOS count only as long as the
        # environment says nothing about proxies.
        for scheme, proxy in proxies.items():
            os.environ[f"{scheme}_proxy"] = proxy
    exceptions = [*filter(None, exceptions), host]
    for name in ("NO_PROXY", "no_proxy"):
        os.environ[name] = ",".join(exceptions)
