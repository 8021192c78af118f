"""A real HTTP server to practise on: see `PracticeServer`."""

import sys

if sys.platform == "emscripten":  # in a browser page
    from inflight_lab.server.page import PracticeServer
else:
    from inflight_lab.server.socket import PracticeServer

__all__ = ["PracticeServer"]
