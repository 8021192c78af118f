"""The page of questions: short answers that stand alone, found from the list on top,
and true of the packages that they name.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

import anyio
import httpx
import httpx2
import nbformat
import pytest
import requests
import urllib3
from nbformat.v4 import new_code_cell, new_notebook

from inflight_lab.lesson.judge.clock import VirtualLoop, run
from inflight_lab.lesson.server.practice_server import PracticeServer
from inflight_lab.runners.pacer import Pacer
from inflight_lab.runners.patiently import NoAnswer, Patience, Stop
from inflight_lab.runners.refusals import read_refusal
from tests.support.notebooks.notebook_tools import (
    QUESTIONS,
    code_cell,
    load,
    prose_of,
    words_of,
)

MAX_WORDS_OF_AN_ANSWER = 120
MAX_WORDS = 5500
JUMP = re.compile(r"\[([^]]+)\]\(questions\.ipynb#cell-id=(q-[a-z0-9-]+)\)")


class Answer(NamedTuple):
    """A question, what is written below it, and its code."""

    name: str
    text: str
    code: str


def answers() -> list[Answer]:
    """Every question of the page, in order."""
    found: list[Answer] = []
    for cell in load(QUESTIONS).cells:
        if cell.id.startswith("q-"):
            found.append(Answer(cell.id, cell.source, ""))
        elif cell.cell_type == "code" and found:
            name, text, code = found.pop()
            found.append(Answer(name, text, f"{code}\n{cell.source}"))
    return found


each_answer = pytest.mark.parametrize("answer", answers(), ids=lambda each: each.name)


@each_answer
def test_an_answer_is_one_heading_and_few_words(answer: Answer) -> None:
    """Somebody who looks something up reads one answer, with a link or a cell."""
    assert len(re.findall(r"^#+ ", answer.text, re.M)) == 1
    assert answer.text.startswith("### ")
    assert words_of(answer.text) <= MAX_WORDS_OF_AN_ANSWER
    assert answer.code or "](" in answer.text or "```" in answer.text


def test_an_answer_needs_no_other_one(tmp_path: Path) -> None:
    """Whoever looks one up runs the imports and its own cell, and nothing else."""
    imports = new_code_cell(code_cell(QUESTIONS, "code-imports"))
    for name, _, code in answers():
        alone = new_notebook(cells=[imports, new_code_cell(code)])
        nbformat.write(alone, tmp_path / f"{name}.ipynb")
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache"]
    command += ["--select", "F821", str(tmp_path)]
    undefined = subprocess.run(command, capture_output=True, text=True, check=False)
    assert undefined.returncode == 0, undefined.stdout


def test_every_question_is_in_the_list() -> None:
    """Each once, in the order of the page; and the page is not a book."""
    listed = JUMP.findall(code_cell(QUESTIONS, "text-jump"))
    assert [name for _, name in listed] == [answer.name for answer in answers()]
    assert sum(len(text.split()) for text in prose_of(QUESTIONS)) <= MAX_WORDS


def test_the_statuses_are_sent_again_as_the_page_says() -> None:
    """Its rows are what `Patience` does, and so every printed script."""
    rows = re.findall(
        r"^\| (yes|no) \| (.*) \|$", code_cell(QUESTIONS, "q-statuses"), re.M
    )
    said = {
        int(status): again == "yes"
        for again, what in rows
        for status in re.findall(r"\b[45]\d\d\b", what)
        if status not in ("403", "429", "402")  # the body or the headers decide
    }
    assert len(said) == 9
    for status, again in said.items():
        times = run(times_sent(httpx.Response(status)), VirtualLoop())
        assert times == (Patience().attempts if again else 1), status
    limited = httpx.Response(403, headers={"Retry-After": "1"})
    spent = httpx.Response(429, json={"error": {"code": "insufficient_quota"}})
    assert run(times_sent(limited), VirtualLoop()) == Patience().attempts
    assert run(times_sent(spent), VirtualLoop()) == 1


async def times_sent(response: httpx.Response) -> int:
    """How often a request is sent whose answer is always this one."""
    sent = []

    async def answer() -> httpx.Response:
        sent.append(response)
        return response

    with contextlib.suppress(NoAnswer, Stop):
        await Patience()(Pacer(100), answer)
    return len(sent)


@pytest.mark.parametrize(
    ("package", "headers", "waits"),
    [
        ("openai", {}, [0.5, 1]),
        ("anthropic", {}, [0.5, 1]),
        ("openai", {"Retry-After": "90"}, [90, 90]),
        ("openai", {"retry-after-ms": "90000"}, [90, 90]),
        ("openai", {"Retry-After": "121"}, []),
        ("anthropic", {"Retry-After": "600"}, [600, 600]),
    ],
)
def test_the_sdks_wait_as_the_answer_says(
    package: str,
    headers: dict[str, str],
    waits: list[float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As long as the API asks, within limits; otherwise by doubling, less a quarter."""
    waited: list[float] = []

    async def note(seconds: float) -> None:
        waited.append(seconds)

    def refuse(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(429, headers=headers, json={})

    monkeypatch.setattr(anyio, "sleep", note)
    error = asyncio.run(refused_by(package, httpx2.MockTransport(refuse)))
    assert read_refusal(error.response) is not None  # "works with each of them"
    for seconds, longest in zip(waited, waits, strict=True):
        assert 0.75 * longest <= seconds <= longest
        assert seconds == longest or not headers


async def refused_by(package: str, transport: httpx2.MockTransport) -> Any:
    """The ``RateLimitError`` that an SDK raises in the end."""
    sdk: Any = importlib.import_module(package)  # takes long
    question = [{"role": "user", "content": "How many words are these?"}]
    body: Any = {"model": "practice", "messages": question, "max_tokens": 1}
    async with httpx2.AsyncClient(transport=transport) as http_client:
        how = {"api_key": "none", "http_client": http_client}
        if package == "openai":
            asked = sdk.AsyncOpenAI(**how).chat.completions
        else:
            asked = sdk.AsyncAnthropic(**how).messages
        with pytest.raises(sdk.RateLimitError) as error:
            await asked.create(**body)
    return error.value


def test_urllib3_gives_up_in_these_words() -> None:
    """The message that people search for stands on the page, as it is raised."""
    retry = urllib3.Retry(total=1, status_forcelist=[429])
    assert retry.backoff_factor == 0
    with (
        PracticeServer(latency=0, exhausted=True, dialect="openai") as server,
        requests.Session() as session,
    ):
        session.mount("http://", requests.adapters.HTTPAdapter(max_retries=retry))
        with pytest.raises(requests.exceptions.RetryError) as failed:
            session.get(server.url)
    assert "too many 429 error responses" in str(failed.value)
    assert "too many 429 error responses" in code_cell(QUESTIONS, "q-max-retries")
