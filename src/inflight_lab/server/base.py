"""What the practice server looks like from outside, whatever is underneath: a socket, or a browser page."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self

from inflight_lab.arguments import check
from inflight_lab.server.app import PracticeApp

LOOPBACK = "127.0.0.1"


class LoopbackServer(PracticeApp, ABC):
    """A practice app that serves at ``url`` from ``start`` to ``stop``."""

    def __init__(self, *, port: int = 0, seed: int | None = None, **knobs: object) -> None:
        check("port", port)
        super().__init__(seed=seed, **knobs)
        self.port = port

    @property
    def url(self) -> str:
        """Where to send the requests: the counterpart of ``https://httpbin.org/get``."""
        return f"http://{LOOPBACK}:{self.port}/get"

    @property
    @abstractmethod
    def running(self) -> bool:
        """Whether it serves now."""

    @abstractmethod
    def start(self) -> Self:
        """Start to serve; back as soon as it does.  Does nothing if it serves already."""

    @abstractmethod
    def stop(self) -> None:
        """Close the port and every connection, and wait until that is done.  Does nothing if stopped."""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        return self.start()

    async def __aexit__(self, *_: object) -> None:
        self.stop()
