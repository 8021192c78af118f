"""A machine whose cores are taken."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

from tests.support.children import child

NEVER_WAITS = "import os\nparent = os.getppid()\nwhile os.getppid() == parent: pass"
"""A process that takes all of a core it gets, until the one that started it is gone."""


@contextlib.contextmanager
def busy_machine(processes: int = 8, cores: int = 2) -> Iterator[None]:
    """So many processes that never wait run on the first ``cores``, and so does what
    starts meanwhile.
    """
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:cores])
    try:
        with contextlib.ExitStack() as others:
            for _ in range(processes):
                others.enter_context(child([sys.executable, "-c", NEVER_WAITS]))
            yield
    finally:
        os.sched_setaffinity(0, before)
