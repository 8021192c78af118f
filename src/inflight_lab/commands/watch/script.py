"""Runs a script in this process as ``python SCRIPT`` would, and is there at its end."""

import atexit
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType, TracebackType

AtEnd = Callable[[int], None]
"""Gets the script's exit status; below 0, the signal that ended it."""


class Script:
    """A Python script with its arguments.

    `run` ends this process as the script would end its own: with its output, its last
    error and its exit status.  After all that, threads and exit handlers of the script
    included, ``at_end`` is called once.  It is not called if something kills the
    process at once, as SIGKILL and `os._exit` do.
    """

    def __init__(self, path: str, arguments: Sequence[str], at_end: AtEnd) -> None:
        self._path = path
        self._file = os.path.abspath(path)  # the script may change the folder
        self._arguments = list(arguments)
        self._at_end = at_end
        self._process = os.getpid()
        self._status = 0
        self._signal: int | None = None
        """What ended the script, if it was a signal."""

    def run(self) -> None:
        """Run it as ``__main__``.  Raises ``SystemExit`` unless it ends well."""
        atexit.register(self._finish)  # before the script, so that it comes last
        if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, self._terminate)
            if sys.platform != "win32":  # which has no forks
                self._give_forks_the_default()
        try:
            self._execute()
        except SystemExit as error:
            code = error.code  # Python takes words for a failure, too
            self._status = code if isinstance(code, int) else int(code is not None)
            raise
        except BaseException as error:
            shown = _without_our_frames(error.__traceback__, self._file)
            sys.excepthook(type(error), error.with_traceback(shown), shown)
            self._status = 1
            if isinstance(error, KeyboardInterrupt):
                self._signal = signal.SIGINT
                self._status = -self._signal
        if self._status:
            sys.exit(self._status)

    def _give_forks_the_default(self) -> None:
        """SIGTERM ends a fork, such as a pool's worker, at once.

        It has to wait while a fork is made: Python forgets a signal that comes before
        the new process is ready, and a pool would wait for that worker for ever.
        """

        def hold_back() -> None:
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})

        def let_through() -> None:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})

        def begin_fork() -> None:
            if signal.getsignal(signal.SIGTERM) == self._terminate:
                signal.signal(signal.SIGTERM, signal.SIG_DFL)
            let_through()

        os.register_at_fork(
            before=hold_back, after_in_parent=let_through, after_in_child=begin_fork
        )

    def _execute(self) -> None:
        module = ModuleType("__main__")
        module.__file__ = self._file
        module.__dict__["__builtins__"] = __builtins__
        sys.modules["__main__"] = module
        sys.argv = [self._path, *self._arguments]
        sys.path[0] = str(Path(self._path).resolve().parent)
        source = Path(self._path).read_bytes()
        code = compile(source, self._file, "exec", dont_inherit=True)
        exec(code, module.__dict__)

    def _terminate(self, number: int, _: object) -> None:
        """SIGTERM would end the script at once: so it does, after our words."""
        self._status = -number
        self._signal = number
        self._finish()

    def _finish(self) -> None:
        if os.getpid() == self._process:  # not in a fork, such as a pool's worker
            sys.stdout.flush()
            self._at_end(self._status)
        if self._signal is not None:
            sys.stderr.flush()
            signal.signal(self._signal, signal.SIG_DFL)
            os.kill(os.getpid(), self._signal)


def _without_our_frames(trace: TracebackType | None, path: str) -> TracebackType | None:
    """From the script's own first line on; None if it was not reached."""
    while trace and trace.tb_frame.f_code.co_filename != path:
        trace = trace.tb_next
    return trace
