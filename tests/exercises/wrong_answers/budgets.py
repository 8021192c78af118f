"""Plausible wrong answers to the exercise of notebook 12, by check and mistake."""

from __future__ import annotations

WRONG = {
    "check_most_requests": {
        "tokens alone": """
def most_requests(requests, tokens, cost):
    return tokens // cost
""",
        "the looser one": """
def most_requests(requests, tokens, cost):
    return max(requests, tokens // cost)
""",
        "rounded up": """
def most_requests(requests, tokens, cost):
    return min(requests, -(-tokens // cost))
""",
        "both halves": """
def most_requests(requests, tokens, cost):
    return min(requests, tokens // cost // 2)
""",
    },
}
