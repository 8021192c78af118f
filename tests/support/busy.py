"""A machine whose cores are taken."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator

from tests.support.children import child

NEVER_WAITS = """
import os
parent = os.getppid()
while os.getppid() == parent:
    pass
"""
"""A process that takes all of a core it gets, until the one that started it is gone."""


@contextlib.contextmanager
def busy_machine(processes: int = 8, cores: int = 2) -> Iterator[None]:
    """So many processes that never wait run on the first ``cores``.

    So does whatever is started meanwhile.  Each is in a session of its own, because
    Linux may share out a processor by session (sched_autogroup): together in one they
    would get no more of it than a single kernel does.
    """
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, sorted(before)[:cores])
    command = [sys.executable, "-c", NEVER_WAITS]
    try:
        with contextlib.ExitStack() as others:
            for _ in range(processes):
                others.enter_context(child(command, start_new_session=True))
            yield
    finally:
        os.sched_setaffinity(0, before)
