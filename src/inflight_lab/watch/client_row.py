"""What a script has sent with one library, from one of its lines."""

from dataclasses import asdict, dataclass
from typing import Any

from inflight_lab.watch.request import Request


@dataclass(slots=True)
class ClientRow:
    """How many requests, and what became of them: a row of the page's table."""

    library: str
    line: str
    """The script's line, ``file:number``; "" where it is not known."""
    sent: int = 0
    running: int = 0
    accepted: int = 0
    refused: int = 0
    failed: int = 0
    cancelled: int = 0

    def begin(self) -> None:
        """One more was asked for."""
        self.sent += 1
        self.running += 1

    def end(self, request: Request) -> None:
        """One of them has ended."""
        self.running -= 1
        if request.error == "cancelled":
            self.cancelled += 1
        elif request.is_accepted:
            self.accepted += 1
        elif request.is_refused:
            self.refused += 1
        else:
            self.failed += 1

    def for_page(self) -> dict[str, Any]:
        """As the page takes it."""
        return asdict(self)
