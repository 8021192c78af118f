"""What a request gets: its answer, or a refusal in some API's dialect."""

from dataclasses import dataclass, field

from starlette.responses import JSONResponse, Response

from inflight_lab.server.dialects.dialect import RefusalContent


@dataclass(frozen=True)
class Decision:
    """A request is admitted, unless there is a ``refusal``."""

    refusal: RefusalContent | None = None
    quota_headers: dict[str, str] = field(default_factory=dict)
    counted_tokens: int = 0

    def response(self, answer: Response) -> Response:
        """``answer`` if the request is admitted, or else the refusal.

        Where a refusal has a header of the same name as the quotas, the refusal's is
        sent.
        """
        if self.refusal is None:
            answer.headers.update(self.quota_headers)
            return answer
        headers = self.quota_headers | self.refusal.headers
        return JSONResponse(self.refusal.body, self.refusal.status, headers)
