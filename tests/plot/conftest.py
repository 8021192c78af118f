"""What the rooms' tests share: the outputs of a cell, without a notebook."""

from __future__ import annotations

from typing import Any

import pytest

from inflight_lab.plot import plain_picture, replay, widget_page


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Data and metadata of each output, in the order in which a page gets them; one
    that changes in place comes again.
    """
    outputs: list[dict[str, Any]] = []

    class Handle:
        """Of an output that may change."""

        def update(self, data: Any, **more: Any) -> None:
            """Change it."""
            display(data, **more)

    def display(data: Any, **more: Any) -> Handle:
        outputs.append(more | {"data": data})
        return Handle()

    for module in (plain_picture, replay, widget_page):
        monkeypatch.setattr(module, "display", display)
    return outputs
