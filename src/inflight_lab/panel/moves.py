"""The order in which a person moved the inputs of a page."""

from typing import NamedTuple


class Move(NamedTuple):
    """One of the moves of an input."""

    input: float
    """Which input of which page: it drew this number at random."""
    number: int
    """From 1 on."""


class Moves:
    """Tells which moves still count.

    marimo sends each message as an HTTP request of its own, so a move may arrive after
    the one that followed it.
    """

    def __init__(self) -> None:
        self._latest: dict[float, int] = {}

    def is_latest(self, move: Move) -> bool:
        """Whether no later move of its input has come before this one."""
        latest = max(move.number, self._latest.get(move.input, 0))
        self._latest[move.input] = latest
        return move.number == latest
