"""Order api: an `Api` that does something for each item, such as taking an order.

What it has accepted must not be sent again.  So any success is an answer, even one that
is not JSON.
"""

import httpx

from inflight_lab.recipes.api import Api
from inflight_lab.recipes.results_file import Outcome


class OrderApi(Api):
    """An API that does something for each item."""

    def answer_in(self, response: httpx.Response) -> Outcome | None:
        """What the API says when it has accepted a request; None if it has not."""
        if is_accepted(response):
            return confirmation_in(response)
        return super().answer_in(response)


def is_accepted(response: httpx.Response) -> bool:
    """Whether the API did what the request asked for.  A 303 says where to look."""
    return response.is_success or response.status_code == 303


def confirmation_in(response: httpx.Response) -> Outcome:
    """The status, and the answer's JSON or text; None if it is empty."""
    try:
        data = response.json()
    except (ValueError, RecursionError):
        data = response.text or None
    return {"status": response.status_code, "data": data}
