"""Numbers and names in words."""

from collections.abc import Sequence


def times(count: int) -> str:
    """How often: ``once``, or ``3 times``."""
    return "once" if count == 1 else f"{count} times"


def in_a_row(names: Sequence[str]) -> str:
    """The names as a phrase: ``a, b and c``."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
