"""The ladder: one self-contained file a rung, each with the same face.

``from inflight_lab.runners import naive, semaphore, semaphore_pause``, then
``await semaphore.make_many_requests(url, 200, limit=3)``.  `threaded` and `multiprocess` block: no ``await``.

Above its last lines each file needs httpx alone (`shared_quota`: and throttled-py): paste it where you like.
In those last lines the package attaches its checks: a bad argument raises ``TypeError`` or ``ValueError``,
before anything is sent.  ``inflight-lab run`` lists the rungs and runs them.

The transport is a lever of its own: the cost of a request in httpx's own transport grows with the number in
flight.  With the extra ``aiohttp`` every rung runs on another one, and not a line of it changes:

>>> from httpx_aiohttp import AiohttpTransport
>>> async with httpx.AsyncClient(transport=AiohttpTransport()) as client:
...     await semaphore.make_many_requests(url, 10_000, limit=100, client=client)

httpx's pool of 100 connections is then aiohttp's, of 100 as well.
"""

RUNGS = (
    "naive",
    "semaphore",
    "semaphore_pause",
    "paced",
    "adaptive",
    "workers",
    "resilient",
    "threaded",
    "multiprocess",
    "shared_quota",
)
