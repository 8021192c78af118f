"""Progress: how many answers there are, and why something is tried again."""

import re

NUMBERS = re.compile(r"(?<!\S)(?<!status )\S*\d\S*")
"""Words with a digit, such as "1.5s" and "req_7Ab"; a status counts as text."""


class Progress:
    """A bar if tqdm is installed; otherwise a line for every hundred answers.

    ``total`` is None if nobody knows how many there will be.
    """

    def __init__(self, total: int | None, *, done: int) -> None:
        self.done = done
        self.of_total = "so far" if total is None else f"of {total}"
        self.said: set[str] = set()
        try:
            from tqdm import tqdm
        except ImportError:
            self.bar = None
        else:
            self.bar = tqdm(total=total, initial=done)

    def advance(self) -> None:
        """One more item has its answer."""
        self.done += 1
        if self.bar is not None:
            self.bar.update()
        elif self.done % 100 == 0:
            print(f"{self.done} {self.of_total}", flush=True)

    def say_once(self, text: str) -> None:
        """Print a line, unless one was printed that differs only in numbers or ids."""
        without_numbers = NUMBERS.sub("", text)
        if without_numbers in self.said:
            return
        self.said.add(without_numbers)
        if self.bar is not None:
            self.bar.write(text)
        else:
            print(text, flush=True)

    def close(self) -> None:
        """Leave the bar as it is: what is printed from now on stands below it."""
        if self.bar is not None:
            self.bar.close()
