"""A practice server whose answers are the pages of lists."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from inflight_lab import PracticeServer


class PagedServer(PracticeServer):
    """``/get?list=a`` is the first page of the list a; the others are ``&page=2`` etc.

    Each page links to the next one: in its ``link``, which is "header" or "body".
    """

    def __init__(self, *, pages: int, link: str = "header", **knobs: Any) -> None:
        self.pages = pages
        self.link = link
        super().__init__(**knobs)

    async def get(self, request: Request) -> Response:
        """Answer with a page, if the quota admits the request."""
        return await self._serve(request, self.page_for(request))

    def page_for(self, request: Request) -> Response:
        """The page that was asked for."""
        number = int(request.query_params.get("page", 1))
        body: Any = [request.query_params["list"], number, "x" * 100]
        is_last = number == self.pages
        url = request.url.include_query_params(page=number + 1)
        if self.link == "body":
            body = {"items": body, "next": None if is_last else str(url)}
        response = JSONResponse(body)
        if self.link == "header" and not is_last:
            response.headers["Link"] = f'<{url}>; rel="next", <{url}>; rel="last"'
        return response
