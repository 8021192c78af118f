"""How far a run is, on stderr."""

import sys
import threading
import time

SECONDS_AT_A_TERMINAL = 0.1
SECONDS_ELSEWHERE = 10.0
"""From one line to the next, where the last one cannot be replaced."""


class Progress:
    """Counts requests as they end, and shows the count now and then.

    A terminal shows one line that changes.  Anything else, such as a log file, gets a
    new line every ten seconds.
    """

    def __init__(self, count: int, *, is_shown: bool = True) -> None:
        self.count = count
        self.answered = 0
        self.failed = 0
        self._is_shown = is_shown
        self._at_terminal = sys.stderr.isatty()
        self._lock = threading.Lock()  # rungs with threads note from several
        self._shown_at = 0.0 if self._at_terminal else time.monotonic()

    def note_answer(self) -> None:
        """One more request was answered with 200."""
        with self._lock:
            self.answered += 1
            self._show_now_and_then()

    def note_failure(self) -> None:
        """One more request failed."""
        with self._lock:
            self.failed += 1
            self._show_now_and_then()

    def end(self) -> None:
        """Leave the last count on the terminal, and go to the next line."""
        if self._is_shown and self._at_terminal:
            self._show()
            print(file=sys.stderr)

    def __str__(self) -> str:
        failed = f", {self.failed} failed" if self.failed else ""
        return f"{self.answered} of {self.count} requests answered{failed}"

    def _show_now_and_then(self) -> None:
        seconds = SECONDS_AT_A_TERMINAL if self._at_terminal else SECONDS_ELSEWHERE
        if self._is_shown and time.monotonic() >= self._shown_at + seconds:
            self._show()

    def _show(self) -> None:
        self._shown_at = time.monotonic()
        if self._at_terminal:
            print(f"\r{self}", end="", file=sys.stderr, flush=True)
        else:
            print(self, file=sys.stderr, flush=True)
