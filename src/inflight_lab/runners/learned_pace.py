"""Learned paces: how fast to send requests, from what the API's answers show.

Three paces, and each says after an answer which one to go on with:

- `KnownPace`: a quota is known.  After a refusal a tenth slower for a while, because
  the API may allow no burst.
- `SearchingPace`: no quota is known.  It begins at 20 a second and grows by half each
  second.  At a refusal it goes back to where it was a second ago, less a tenth, and
  from then on it grows 20 times more slowly.
- `UnspacedPace`: only quotas for long times are known.  Requests are counted, and no
  pace is needed, until one is refused.

A known quota may be refused again and again.  *Is the pace to blame?*  The quota may be
smaller than it says, or the API may be overloaded and refuse at random.  Going slower
helps against the first only:

1. *Look at what was in flight.*  A limiter also refuses the requests right behind a
   refused one, and chance does not.  All of these are one episode, which changes the
   pace once (see ``episodes.py``).
2. *Try half the pace.*  If three times as many requests in a row are accepted, the pace
   was to blame: search from there.
3. *If that does not help*, and refusals come together, try half of that.  If they come
   alone, the pace is not the cause, because going slower brought no fewer of them.  So
   go at the full pace, and wait 30 times as long as the trial took before the next one.

Source of the search: additive increase and multiplicative decrease, D. Chiu and R.
Jain, Computer Networks and ISDN Systems 17(1), 1989.
"""

from __future__ import annotations

import math
import time

from inflight_lab.runners.episodes import Episode
from inflight_lab.runners.quota_fields import Quota

# After a refusal.
SMALL_STEP = 1.1  # the pace is divided by this
LARGE_STEP = 1.25  # a search divides it by this if the small step was too little
SOON = 3  # seconds: a refusal so soon after another says that the step was too little
LONG_AGO = 120  # seconds: two refusals further apart than this are unrelated
SHORT_HOLD = 10  # seconds at the lower pace, if the last refusal was long ago
LONG_HOLD = 60  # seconds at the lower pace otherwise

# Is the pace to blame?
DOUBTS_IF_TOGETHER = 1  # refusals in a row before a trial, if they come together
DOUBTS_IF_ALONE = 2  # refusals in a row before a trial, if they come alone
TRIAL_STEP = 2  # each trial divides the pace by this
SLOWEST_TRIAL = 1 / 16  # of the full pace
HELPS = 3  # times as many requests in a row are accepted, if a slower pace helps
PATIENCE = 30  # after a failed trial, wait this many times its length for the next

# The search for an unknown quota.
FIRST_RATE = 20.0  # requests a second
FIRST_GROWTH = 0.5  # requests a second, added for each accepted request
GROWTH_AFTER_TRIAL = 0.1  # instead, after a trial: twice its pace was too fast
GROWTH_DIVISOR = 20  # the growth is divided by this at a refusal
LEAST_GROWTH = 0.002  # requests a second; it never grows more slowly than this


class Pace:
    """How fast to go.  After each answer it says which pace to go on with."""

    rate: float  # requests a second
    burst = 1  # requests that may go at once after a delay

    def accepted(self, run: int) -> Pace:
        """A request was accepted, the last of ``run`` in a row."""
        return self

    def refused(self, episode: Episode) -> Pace:
        """Requests were refused that went at this pace."""
        return self


class UnspacedPace(Pace):
    """No pace, where only quotas for long times are known."""

    rate = math.inf

    def refused(self, episode: Episode) -> Pace:
        """There is another quota: search for it."""
        return SearchingPace()


class KnownPace(Pace):
    """The pace for a quota that is known: the full rate, or a tenth less."""

    def __init__(self, quota: Quota, *, full_rate: float) -> None:
        self.rate = full_rate
        self.full_rate = full_rate
        self._quota = quota
        self._hold_until = 0.0
        # What speaks for and against the pace.
        self.longest_run = 0  # requests accepted in a row between two refusals
        self._doubtful_refusals = 0  # in a row, each before a whole quota was accepted
        self._trial_rate = full_rate  # of the last trial
        self._no_trial_until = 0.0
        self.restore()

    def restore(self) -> Pace:
        """Go at the full rate."""
        self.rate = self.full_rate
        self.burst = 8
        return self

    def accepted(self, run: int) -> Pace:
        """Go at the full rate again, if the pace was held down for long enough."""
        is_held_down = self.rate < self.full_rate
        if is_held_down and time.perf_counter() >= self._hold_until:
            self.restore()
        return self

    def refused(self, episode: Episode) -> Pace:
        """Go a tenth slower; if that does not help, try half the pace."""
        if time.perf_counter() < self._no_trial_until:
            self.longest_run = max(self.longest_run, episode.run)
            return self
        self._hold_down(episode)
        if episode.run >= self._quota.requests:
            self._end_doubt()
            return self
        self.longest_run = max(self.longest_run, episode.run)
        self._doubtful_refusals += 1
        most = DOUBTS_IF_TOGETHER if episode.come_together else DOUBTS_IF_ALONE
        return self if self._doubtful_refusals <= most else self._try_slower()

    def refused_on_trial(self, episode: Episode) -> Pace:
        """A slower pace did not help.  Try a still slower one, or none for a while."""
        self.longest_run = max(self.longest_run, episode.run)
        is_slowest = self._trial_rate <= SLOWEST_TRIAL * self.full_rate
        if episode.come_together and not is_slowest:
            return self._try_slower()
        trial_seconds = (episode.run + 1) / self._trial_rate
        self._no_trial_until = time.perf_counter() + PATIENCE * trial_seconds
        if is_slowest:
            self._trial_rate = self.full_rate
        return self.restore()

    def _hold_down(self, episode: Episode) -> None:
        seconds = SHORT_HOLD if episode.since_last > LONG_AGO else LONG_HOLD
        self._hold_until = time.perf_counter() + seconds
        self.rate = self.full_rate / SMALL_STEP
        self.burst = 1

    def _end_doubt(self) -> None:
        self.longest_run = 0
        self._doubtful_refusals = 0
        self._trial_rate = self.full_rate

    def _try_slower(self) -> Pace:
        self._trial_rate /= TRIAL_STEP
        return SearchingPace(self._trial_rate, instead_of=self)


class SearchingPace(Pace):
    """The pace for an unknown quota: faster with each answer, until one is refused.

    If it is tried ``instead_of`` a known pace, it first has to show that it helps.
    """

    def __init__(
        self, rate: float = FIRST_RATE, *, instead_of: KnownPace | None = None
    ) -> None:
        self.rate = rate
        self._growth = FIRST_GROWTH if instead_of is None else GROWTH_AFTER_TRIAL
        self._was_refused = False
        self._known = instead_of
        self._is_on_trial = instead_of is not None

    def accepted(self, run: int) -> Pace:
        """Go a little faster: one more request was accepted."""
        if self._is_on_trial and not self._helps(run):
            return self
        self._is_on_trial = False
        self.rate += self._growth
        if self._known is not None and self.rate >= self._known.full_rate:
            return self._known.restore()
        return self

    def refused(self, episode: Episode) -> Pace:
        """Go back to the pace of a second ago, less a step; then grow more slowly.

        After two refusals in a short time the first step back was too little: take a
        larger one.
        """
        if self._known is not None and not self._helps(episode.run):
            return self._known.refused_on_trial(episode)
        if self._was_refused and episode.since_last < SOON:
            self.rate /= LARGE_STEP
            return self
        self._was_refused = True
        one_second_ago = self.rate / (1 + self._growth)
        self.rate = one_second_ago / SMALL_STEP
        self._growth = max(LEAST_GROWTH, self._growth / GROWTH_DIVISOR)
        return self

    def _helps(self, run: int) -> bool:
        """Whether more requests in a row are accepted than at the known pace."""
        if self._known is None:
            return True
        times = HELPS if self._is_on_trial else 1
        return run > times * self._known.longest_run
