"""The ladder: one self-contained file a rung, each with the same face.

``from inflight_lab.runners import naive, semaphore, semaphore_pause``, then
``await semaphore.make_many_requests(url, 200, limit=3)``.

- `naive`: one task per request, all at once.
- `semaphore`: at most ``limit`` in flight.
- `semaphore_pause`: the same, with a pause while every slot is taken.
- `paced`: within a quota of ``rate`` per ``period``, evenly spaced.
- `adaptive`: the same where nobody told the rate.
- `workers`: a fixed number of workers over any iterable, outcomes streamed, memory flat.
- `resilient`: refusals and failures retried, within a budget, with one gate for all.
- `threaded`, `multiprocess`: the limit of `semaphore` in threads and processes; these block, no ``await``.
- `shared_quota`: one quota for several processes and machines, in Redis (the extra ``redis``).

The transport is a lever of its own: the cost of a request in httpx's own transport grows with the number in
flight.  With the extra ``aiohttp`` every rung runs on another one, and not a line of it changes:

>>> from httpx_aiohttp import AiohttpTransport
>>> async with httpx.AsyncClient(transport=AiohttpTransport()) as client:
...     await semaphore.make_many_requests(url, 10_000, limit=100, client=client)

httpx's pool of 100 connections is then aiohttp's, of 100 as well.
"""
