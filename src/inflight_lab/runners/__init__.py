"""The ladder: a file for each rung, all with the same two functions.

``from inflight_lab.runners import naive, semaphore, semaphore_pause``, then ``await
semaphore.make_many_requests(url, 200, limit=3)``.  `threaded`, `paced_threads` and
`multiprocess` block: no ``await``.

Apart from its last lines, each file needs only httpx (`shared_quota` also needs
throttled-py) and the rungs and the `SHARED_LESSONS` that it imports.  To copy it, paste
those first and the file after them.  In its last lines the package attaches its checks:
a bad argument raises ``TypeError`` or ``ValueError`` before anything is sent.
``inflight-lab run`` lists the rungs and runs them.

With ``client=httpx.AsyncClient(transport=AiohttpTransport())``, of httpx-aiohttp (the
extra ``aiohttp``), a rung sends faster when many requests are in flight, and not a line
of it changes.
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
    "paced_threads",
    "multiprocess",
    "shared_quota",
)

# What several rungs import; each may import those above it.
SHARED_LESSONS = (
    "structured_fields",
    "written_times",
    "quota_fields",
    "error_bodies",
    "refusals",
    "retry_policy",
    "gate",
    "peek",
    "episodes",
    "learned_pace",
    "token_counts",
    "shares",
    "reservations",
)
