"""What in a URL is taken for a secret."""

from __future__ import annotations

import pytest

from inflight_lab.lesson.runs.urls import has_a_secret

API = "https://api.example.com"


@pytest.mark.parametrize(
    "end",
    [
        "/items?key=1",
        "/items?api_key=1",
        "/items?access-token=1",
        "/items?accessToken=1",
        "/items?accesstoken=1",
        "/items?appid=1",
        "/items?X-Amz-Signature=1",
        "/items?state=0123abcd4567ef89ab",
        "/bot123456:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw/sendMessage",
        "/ping/550e8400-e29b-41d4-a716-446655440000",
    ],
)
def test_a_secret(end: str) -> None:
    """By a word of its name, or because nobody would choose such a name."""
    assert has_a_secret(API + end)


@pytest.mark.parametrize(
    "end",
    [
        "/items?author=17&design=1&assigned=me&keyword=py",
        "/items?max_tokens=50&turkey=2&page=2",
        "/items?key=",
        "/items?since=2026-11-27T00:00:00Z",
        "/datasets/population-2020-census-v2/items/17",
        "/v1/models/gpt-4o-mini-2024-07-18/generateContent",
        "/items/123456789012345678",
    ],
)
def test_no_secret(end: str) -> None:
    """Words that only contain such letters, dates, names of models, and numbers."""
    assert not has_a_secret(API + end)


def test_a_password() -> None:
    """Before the host, with the user's name."""
    assert has_a_secret("https://ada:hunter2@api.example.com/")
