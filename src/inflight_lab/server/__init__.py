"""A real HTTP server to practise on: see `PracticeServer`."""

from inflight_lab.server.practice import PracticeServer

__all__ = ["PracticeServer"]
