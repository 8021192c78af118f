"""What a dialect is: the answers in which an API says that a quota is used up."""

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any

from inflight_lab.server.chat import Chat
from inflight_lab.server.counting import Verdict


@dataclass(frozen=True)
class Answer:
    """What a refused request gets."""

    status: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


class Dialect(ABC):
    """How one API counts, and what it says about its quotas."""

    counts_refused = False
    """Whether a refused request counts against the quotas as well."""

    def cost(self, chat: Chat, answered: int) -> int:
        """The tokens that a chat counts for, if ``answered`` is how many it gets."""
        return chat.prompt_tokens + answered

    @abstractmethod
    def quota_headers(self, verdict: Verdict) -> dict[str, str]:
        """What each answer says about the quotas, be it accepted or refused.

        A refusal that names no pause comes without them.
        """

    @abstractmethod
    def too_many(self, verdict: Verdict) -> Answer:
        """Refuse a request that the quotas admit after a pause."""

    @abstractmethod
    def too_large(self, verdict: Verdict) -> Answer:
        """Refuse a request that costs more than a whole quota: no pause helps it."""

    @abstractmethod
    def overloaded(self, most: int) -> Answer:
        """Refuse a request because ``most`` are in flight already."""

    @abstractmethod
    def exhausted(self) -> Answer:
        """Refuse any request because the plan is used up: no pause helps anyone."""
