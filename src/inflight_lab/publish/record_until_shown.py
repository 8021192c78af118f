"""Records a run until it shows what the text beside it says.

The requests are real, so a busy computer can spoil a run; the next one may be as usual.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

MOST_RECORDINGS = 5
"""How often a run is recorded, at most."""

Recorded = TypeVar("Recorded")


class NotShownError(RuntimeError):
    """No run showed what the text beside it says.  The text says so in one line."""


async def record_until_shown(
    record: Callable[[], Awaitable[Recorded]],
    what_is_wrong: Callable[[Recorded], str],
    *,
    name: str,
) -> Recorded:
    """The first recording in which nothing is wrong; ``name`` is what it records.

    Raises `NotShownError` if `MOST_RECORDINGS` were made in vain.
    """
    wrong = ""
    for _ in range(MOST_RECORDINGS):
        recorded = await record()
        wrong = what_is_wrong(recorded)
        if not wrong:
            return recorded
    raise NotShownError(
        f"{name}: {wrong}, in the last of {MOST_RECORDINGS} recordings."
        "  Is this computer busy?"
    )
