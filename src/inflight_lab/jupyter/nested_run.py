"""``asyncio.run`` inside a notebook."""

import asyncio
import sys


def enable_nested_run() -> None:
    """Let ``asyncio.run(...)`` work in a cell, where an event loop is running already.

    Usually you do not need it: write ``await make_many_requests(...)`` in the cell.
    Call this once, above a *script* that you paste whole and that calls
    ``asyncio.run`` itself:

    >>> enable_nested_run()
    >>> asyncio.run(client.get(server.url))

    A ``nest_asyncio.apply()`` in that script then does no harm, because the work is
    already done.

    Uses nest-asyncio2, the maintained fork.  The original nest-asyncio loses the
    messages that reach the kernel during a nested run, so that the cells queued behind
    it never start.
    """
    if sys.platform == "emscripten":
        from inflight_lab.jupyter.pyodide import run_nested

        asyncio.run = run_nested
    else:
        import nest_asyncio2

        nest_asyncio2.apply()
