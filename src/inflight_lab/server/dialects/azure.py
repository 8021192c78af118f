"""The dialect of OpenAI's models on Azure."""

from inflight_lab.server.chat import Chat
from inflight_lab.server.counting import Verdict
from inflight_lab.server.dialects.dialect import Answer, Dialect
from inflight_lab.server.dialects.openai import estimated_tokens, pause_headers
from inflight_lab.server.dialects.times import whole_seconds


class Azure(Dialect):
    """Headers say what remains, and neither the limit nor when there is more.

    Sources: learn.microsoft.com, "Manage Azure OpenAI quota" and the REST reference;
    openai's ``AzureOpenAI`` is the client.

    - Tokens count on arrival: the prompt, by an estimate, and all of ``max_tokens``;
      without that, the longest answer there is.  Nothing is given back.
    - The real API checks a minute's quota of requests over 1 or 10 seconds: a shorter
      ``period`` and a smaller ``rate`` show how that feels.
    - No page says what a plan that is used up looks like.  In front of the models,
      Azure API Management answers 403 where its policy ``azure-openai-token-limit``
      finds a quota exceeded.  Here, ``x-should-retry`` tells that from a forbidden
      address: openai's client obeys it.
    """

    counts_refused = True

    def cost(self, chat: Chat, answered: int) -> int:
        return estimated_tokens(chat) + chat.most_tokens

    def quota_headers(self, verdict: Verdict) -> dict[str, str]:
        headers = {}
        for name, standing in verdict.standings.items():
            headers[f"x-ratelimit-remaining-{name}"] = str(standing.remaining)
        return headers

    def too_many(self, verdict: Verdict) -> Answer:
        message = (
            f"Your requests have exceeded the {_kind(verdict)} rate limit of your "
            "current pricing tier. "
            f"Please retry after {whole_seconds(verdict.wait)} seconds."
        )
        return _answer(429, message, headers=pause_headers(verdict.wait))

    def too_large(self, verdict: Verdict) -> Answer:
        message = (
            f"This request needs {verdict.cost} {verdict.refused_by}, and the rate "
            f"limit of your current pricing tier is {verdict.exceeded.limit}."
        )
        return _answer(429, message)

    def overloaded(self, most: int) -> Answer:
        return _answer(503, "The service is temporarily unable to process your request")

    def exhausted(self) -> Answer:
        return _answer(
            403, "Token quota is exceeded.", headers={"x-should-retry": "false"}
        )


def _answer(
    status: int, message: str, *, headers: dict[str, str] | None = None
) -> Answer:
    body = {"error": {"code": str(status), "message": message}}
    return Answer(status, body, headers or {})


def _kind(verdict: Verdict) -> str:
    return "token" if verdict.refused_by == "tokens" else "call"
