"""The ladder: one self-contained file a rung, each with the same face.

``from inflight_lab.runners import naive, semaphore, semaphore_pause``, then
``await semaphore.make_many_requests(url, 200, limit=3)``.
"""
