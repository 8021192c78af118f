"""The dialect of OpenAI's models on Azure."""

from inflight_lab.server.chat import Chat
from inflight_lab.server.counting import Verdict
from inflight_lab.server.dialects.dialect import Dialect, RefusalContent
from inflight_lab.server.dialects.openai import estimated_tokens, pause_headers
from inflight_lab.server.dialects.times import whole_seconds


class Azure(Dialect):
    """Headers say what remains of which limit; when there is more, a refusal says.

    Sources: learn.microsoft.com, "Manage Azure OpenAI quota", for what counts, and
    "Limit large language model API token usage", for the quota below.  No page lists
    the headers.  They are as people found them in answers of 2025, for example in
    openai-dotnet's issue 838.  openai's ``AzureOpenAI`` is the client.

    - Every answer has the limits and what remains of them.  A refusal adds
      ``x-ratelimit-reset-tokens`` or ``-requests``, in whole seconds without a unit.
      (For some models the real API sends -1 for a limit and for what remains, which
      means that it does not say.)
    - Tokens count on arrival: the prompt, by an estimate, and all of ``max_tokens``;
      without that, the longest answer there is.  Nothing is given back.
    - The real API checks a minute's quota of requests over 1 or 10 seconds: a shorter
      ``period`` and a smaller ``rate`` show how that feels.
    - No page says what a plan that is used up looks like.  The 403 here is that of
      Azure API Management, which may stand in front of the models, for a quota of
      tokens per hour, day, week, month or year.  There the next period helps; here
      nothing does.  ``x-should-retry`` is added to say so, and openai's client obeys
      it: a 403 alone may also mean that the key is not allowed to do this.
    """

    counts_refused = True

    def cost(self, chat: Chat, answered: int) -> int:
        return estimated_tokens(chat) + chat.most_tokens

    def quota_headers(self, verdict: Verdict) -> dict[str, str]:
        headers = {}
        for name, quota in verdict.quotas.items():
            headers[f"x-ratelimit-limit-{name}"] = str(quota.limit)
            headers[f"x-ratelimit-remaining-{name}"] = str(quota.remaining)
        return headers

    def too_many(self, verdict: Verdict) -> RefusalContent:
        pause = whole_seconds(verdict.wait)
        message = (
            f"Your requests have exceeded the {_kind(verdict)} rate limit of your "
            f"current pricing tier. Please retry after {pause} seconds."
        )
        reset = {f"x-ratelimit-reset-{verdict.refused_by}": str(pause)}
        headers = pause_headers(verdict.wait) | reset
        return _refusal(429, message, headers=headers)

    def too_large(self, verdict: Verdict) -> RefusalContent:
        message = (
            f"This request needs {verdict.cost} {verdict.refused_by}, and the rate "
            f"limit of your current pricing tier is {verdict.exceeded.limit}."
        )
        return _refusal(429, message)

    def overloaded(self, most: int) -> RefusalContent:
        return _refusal(
            503, "The service is temporarily unable to process your request"
        )

    def exhausted(self) -> RefusalContent:
        return _refusal(
            403, "Token quota is exceeded.", headers={"x-should-retry": "false"}
        )


def _refusal(
    status: int, message: str, *, headers: dict[str, str] | None = None
) -> RefusalContent:
    body = {"error": {"code": str(status), "message": message}}
    return RefusalContent(status, body, headers or {})


def _kind(verdict: Verdict) -> str:
    return "token" if verdict.refused_by == "tokens" else "call"
