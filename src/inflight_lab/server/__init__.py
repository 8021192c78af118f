"""A real HTTP server to practise on: see `PracticeServer`."""

import sys

if sys.platform == "emscripten":  # in a browser page
    from inflight_lab.browser import behave_as_on_a_computer
    from inflight_lab.server.socketless import PracticeServer

    behave_as_on_a_computer()
else:
    from inflight_lab.server.practice import PracticeServer

__all__ = ["PracticeServer"]
