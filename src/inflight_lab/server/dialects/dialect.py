"""What a dialect is: the refusals by which an API says that a quota is used up."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

from inflight_lab.server.chat import Chat
from inflight_lab.server.counting import Verdict


@dataclass(frozen=True)
class RefusalContent:
    """The status, the body and the headers that a refused request gets."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


class Dialect(ABC):
    """How one API counts, and what it says about its quotas."""

    counts_refused = False
    """Whether a refused request counts against the quotas as well."""

    def cost(self, chat: Chat, answered: int) -> int:
        """The tokens that a chat counts for when its answer has ``answered`` tokens."""
        return chat.prompt_tokens + answered

    @abstractmethod
    def quota_headers(self, verdict: Verdict) -> dict[str, str]:
        """What an answer says about the quotas, for accepted and refused requests.

        `PracticeApp` leaves them out of a refusal that names no pause.
        """

    @abstractmethod
    def too_many(self, verdict: Verdict) -> RefusalContent:
        """Refuse a request that the quotas will admit after ``verdict.wait``."""

    @abstractmethod
    def too_large(self, verdict: Verdict) -> RefusalContent:
        """Refuse a request that costs more than a whole quota: no wait will help."""

    @abstractmethod
    def overloaded(self, most: int) -> RefusalContent:
        """Refuse a request because ``most`` are in flight already."""

    @abstractmethod
    def exhausted(self) -> RefusalContent:
        """Refuse any request because the plan is used up: no wait will help."""
