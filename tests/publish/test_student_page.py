"""The page for students, without a browser."""

from __future__ import annotations

import pytest
from jupyter_client.kernelspec import NoSuchKernel
from traitlets.config import Configurable

from inflight_lab.publish.student_page import FewKernels, TooManyPagesError


class Room(Configurable):
    """A server that allows one page."""

    pages = 1


@pytest.mark.anyio
async def test_a_kernel_that_does_not_start_takes_no_page() -> None:
    """Whoever opens the page next still gets a place."""
    kernels = FewKernels(parent=Room())
    for _ in range(2):
        with pytest.raises(NoSuchKernel):
            await kernels.start_kernel(kernel_name="nowhere")
    kernels.parent.pages = 0
    with pytest.raises(TooManyPagesError):
        await kernels.start_kernel(kernel_name="nowhere")
