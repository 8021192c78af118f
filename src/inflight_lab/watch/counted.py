"""Numbers in words."""


def times(count: int) -> str:
    """How often: ``once``, or ``3 times``."""
    return "once" if count == 1 else f"{count} times"
