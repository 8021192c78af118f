"""The ladder: a file for each rung, all with the same two functions.

``from inflight_lab.runners import naive, semaphore, semaphore_pause``, then ``await
semaphore.make_many_requests(url, 200, limit=3)``.  `threaded` blocks: no ``await``.

Each file needs only httpx (`shared_quota` also throttled-py), and of the package at
most the files of `SHARED` beside it: what a file says is what runs, pasted or imported.
``inflight-lab run`` lists the rungs and runs them.

With ``client=httpx.AsyncClient(transport=AiohttpTransport())``, of httpx-aiohttp (the
extra ``aiohttp``), a rung sends faster when many requests are in flight, and not a line
of it changes.  Every rung also runs with ``import httpx2 as httpx``.
"""

RUNGS = (
    "naive",
    "semaphore",
    "semaphore_pause",
    "paced",
    "adaptive",
    "budgets",
    "workers",
    "resilient",
    "threaded",
    "shared_quota",
)

SHARED = ("pacer", "refusals", "patiently")
"""What several rungs import; each may import those above it."""
