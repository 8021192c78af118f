"""The reference: one page with the public names."""

from __future__ import annotations

import inflight_lab
from inflight_lab.commands.publish import reference
from tests.commands.publish.parsed import parsed


def test_every_public_name_and_method_is_there_once() -> None:
    """With how it is called, what it does, and its example."""
    page = parsed(reference.page())
    ids = [heading["id"] for heading in page.select("h2, h3")]
    assert {*inflight_lab.__all__, "Budgets.turn", "AnswerFile.collect"} <= {*ids}
    assert len(ids) == len({*ids})
    text = page.get_text()
    assert "Pacer(rate=100, period=1, " in text
    assert "waits until the quota has room for one more request." in text
    assert any(">>> pacer = Pacer(" in code.get_text() for code in page.select("pre"))
