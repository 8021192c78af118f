"""What a panel's page plans is what its server does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from inflight_lab import PracticeServer

BURSTS = json.loads((Path(__file__).parent / "usual_bursts.json").read_text("utf-8"))


@pytest.mark.parametrize(
    "case", BURSTS, ids=lambda case: f"{case['quota']}-{case['rate']}"
)
def test_the_usual_burst_is_the_pages(case: dict[str, Any]) -> None:
    """Each case of the table that ``js/plan.test.js`` keeps to as well."""
    policy = PracticeServer(quota=case["quota"], rate=case["rate"]).quota_policy
    assert policy is not None
    assert policy.burst == case["burst"]
