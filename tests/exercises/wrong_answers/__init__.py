"""Plausible wrong answers to every exercise."""

from __future__ import annotations

from tests.exercises.wrong_answers import (
    first_steps,
    if_needed,
    rates,
    scale,
    two_budgets,
)

WRONG = [
    *first_steps.WRONG,
    *rates.WRONG,
    *scale.WRONG,
    *two_budgets.WRONG,
    *if_needed.WRONG,
]
