"""Episodes: refusals that belong together count as one.

When a request is refused, others are in flight already.  They were sent at the same
pace, so whatever becomes of them says nothing new about it.  All of them are one
episode, and the pace is corrected once.

They do say something about the cause.  A limiter also refuses the requests right behind
a refused one.  An API that refuses at random does not.
"""

from __future__ import annotations

import math
import time
from typing import NamedTuple

# If more than this share of the requests right behind a refused one is refused too,
# refusals come together: a limiter does that, chance does not.
TOGETHER = 0.25


class Episode(NamedTuple):
    """A refusal, and all others of requests that were in flight at the time."""

    run: int
    """How many requests in a row were accepted before it."""
    since_last: float
    """Seconds since the episode before."""
    come_together: bool
    """Whether requests right behind a refused one were refused too, until now."""


class Refusals:
    """Sorts an API's refusals into episodes, and counts what is accepted in between.

    Each answer is noted with the time at which its request was ``sent``: what was sent
    before an episode began says nothing about the pace since then.
    """

    def __init__(self) -> None:
        self.in_a_row = 0  # episodes since a request was accepted
        self.run = 0  # requests accepted since the last episode
        self._last = -math.inf  # when the last episode began
        self._first_sent = -math.inf  # when its first request had been sent
        self._behind = 0.0  # requests in flight that were sent after that one
        self._behind_refused = 0.0  # how many of these were refused too

    @property
    def pause(self) -> float:
        """Seconds to wait if the API names no pause: 1, 2, 4 and so on, in a row."""
        return 0.5 * 2.0 ** min(self.in_a_row, 60)

    def note_accepted(self, sent: float) -> bool:
        """Note that a request was accepted; False if it belongs to the last episode."""
        if sent <= self._last:
            self._note_in_flight(sent)
            return False
        self.in_a_row = 0
        self.run += 1
        return True

    def note_refused(self, sent: float) -> Episode | None:
        """Note a refusal.  Return the episode that it begins, or None within one."""
        if sent <= self._last:
            self._note_in_flight(sent, refused=True)
            return None
        now = time.perf_counter()
        come_together = self._behind_refused > TOGETHER * self._behind
        episode = Episode(self.run, now - self._last, come_together)
        self.in_a_row += 1
        self.run = 0
        self._last = now
        self._first_sent = sent
        self._behind /= 2  # older episodes count for less and less
        self._behind_refused /= 2
        return episode

    def _note_in_flight(self, sent: float, *, refused: bool = False) -> None:
        """Count a request of the last episode, if it was right behind the first one."""
        if sent <= self._first_sent:
            return
        self._behind += 1
        if refused:
            self._behind_refused += 1
