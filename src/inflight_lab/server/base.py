"""What the practice server looks like from outside, whatever is underneath: a socket, or a browser page."""

import threading
from abc import ABC, abstractmethod
from typing import Self

from inflight_lab.arguments import check
from inflight_lab.jupyter.cells import closed_on_rerun
from inflight_lab.server.app import PracticeApp

LOOPBACK = "127.0.0.1"


class LoopbackServer(PracticeApp, ABC):
    """A practice app that serves at ``url`` from ``start`` to ``stop``."""

    def __init__(self, *, port: int = 0, seed: int | None = None, **knobs: object) -> None:
        check("port", port)
        super().__init__(seed=seed, **knobs)
        self.port = port
        self._switch = threading.Lock()  # one start or stop at a time, whichever thread it comes from

    @property
    def url(self) -> str:
        """Where to send the requests: the counterpart of ``https://httpbin.org/get``."""
        return f"http://{LOOPBACK}:{self.port}/get"

    @property
    @abstractmethod
    def running(self) -> bool:
        """Whether it serves now."""

    def start(self) -> Self:
        """Start to serve; back as soon as it does.  Does nothing if it serves already."""
        with self._switch:
            if not self.running:
                self.port = self._open()
                closed_on_rerun(self.stop)
        return self

    def stop(self) -> None:
        """Close the port and every connection, and wait until that is done.  Does nothing if stopped."""
        with self._switch:
            self._close()

    @abstractmethod
    def _open(self) -> int:
        """Serve on ``port``, or on any free one if that is 0; returns which it is."""

    @abstractmethod
    def _close(self) -> None:
        """What `stop` does."""

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        return self.start()

    async def __aexit__(self, *_: object) -> None:
        self.stop()
