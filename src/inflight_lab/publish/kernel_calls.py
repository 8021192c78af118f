"""Calls functions of `in_the_kernel` in a notebook's kernel."""

from collections.abc import Callable, Mapping
from typing import Any

from inflight_lab.publish import in_the_kernel

Message = Mapping[str, Any]

CALL = f"""
import importlib
await importlib.import_module({in_the_kernel.__name__!r}).{{call}}
"""
"""Code that the kernel runs without an execution count."""
OUTPUTS = ("display_data", "update_display_data")


class CallError(RuntimeError):
    """A function failed in the kernel.  The text is that of its error."""


async def call_in_kernel(
    kernel: Any, call: str, *, on_output: Callable[[Message], object]
) -> None:
    """Wait until the ``kernel`` has done ``call``; each output goes to ``on_output``.

    Raises `CallError` if it fails there.
    """
    request = kernel.execute(CALL.format(call=call), silent=True)
    while True:
        message = await kernel.get_iopub_msg(timeout=None)
        kind = message["msg_type"]
        if kind in OUTPUTS:
            on_output(message)
        elif kind == "error":
            raise CallError(message["content"]["evalue"])
        elif ends(message, request):
            return


def ends(message: Message, request: str) -> bool:
    """Whether this ``message`` of the kernel is the last about ``request``."""
    if message["content"].get("execution_state") != "idle":
        return False
    answered: str | None = message["parent_header"].get("msg_id")
    return answered == request
