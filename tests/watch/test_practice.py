"""``--practice``: all libraries are answered, as the API that they ask would answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from inflight_lab.watch.events import Ended
from tests.support.watching import events_of_script, watch

CHATS = """
import openai, anthropic

hello = [{"role": "user", "content": "hello"}]
for base_url in (None, "https://openrouter.example/api/v1", "http://localhost:11434/v1"):
    client = openai.OpenAI(api_key="key", base_url=base_url)
    chat = client.chat.completions.create(model="m", messages=hello, max_tokens=3)
    assert chat.choices[0].message.content.split()[0] == "1"
client = anthropic.Anthropic(api_key="key")
message = client.messages.create(model="m", messages=hello, max_tokens=3)
assert message.content[0].text.split()[0] == "1"
"""


OTHERS = """
import openai

client = openai.OpenAI(api_key="key")
vectors = client.embeddings.create(model="m", input=["a", "b"], dimensions=3)
assert [each.embedding for each in vectors.data] == [[0.0] * 3] * 2
vectors = client.embeddings.create(model="m", input="a", encoding_format="float")
assert len(vectors.data[0].embedding) == 1536
assert client.responses.create(model="m", input="hello").output_text == "1 2 3"
assert "gpt-4o" in [model.id for model in client.models.list()]
"""


def test_what_else_openais_client_asks_for_is_answered_as_such(tmp_path: Path) -> None:
    """Embeddings, responses and models: the script does not end by an echo."""
    events = events_of_script(tmp_path, OTHERS)
    statuses = [event.status for event in events if isinstance(event, Ended)]
    assert statuses == [200] * 4


def test_chats_are_answered_as_such(tmp_path: Path) -> None:
    """By the paths of OpenAI's and Anthropic's APIs, also where another service, or a
    program on this machine, serves them.
    """
    events = events_of_script(tmp_path, CHATS)
    statuses = [event.status for event in events if isinstance(event, Ended)]
    assert statuses == [200] * 4


HERE = """
import asyncio, aiohttp, httpx, requests, urllib3

async def get(address):
    async with aiohttp.request("GET", address, proxy="http://192.0.2.1:3128") as answer:
        return await answer.json()

PROXIES = {"http": "http://192.0.2.1:3128", "https": "http://192.0.2.1:3128"}
for address in ("http://127.0.0.1:9/a", "http://localhost:9/a", "https://[::1]/a"):
    answers = [
        httpx.get(address).json(),
        asyncio.run(get(address)),
        requests.get(address).json(),
        requests.get(address, proxies=PROXIES).json(),
        urllib3.request("GET", address).json(),
        urllib3.ProxyManager("http://192.0.2.1:3128").request("GET", address).json(),
    ]
    assert all(answer["url"].endswith("/a") for answer in answers), answers
"""


def test_apis_on_this_machine_are_not_reached_either(tmp_path: Path) -> None:
    """Nor is a proxy: the practice server answers whatever the address."""
    events = events_of_script(tmp_path, HERE)
    statuses = [event.status for event in events if isinstance(event, Ended)]
    assert statuses == [200] * 18


WITHOUT_A_HOST = """
import httpx, httpx2

def refuses(get, address):
    try:
        get(address)
    except (httpx.UnsupportedProtocol, httpx2.UnsupportedProtocol):
        return True
    return False

for address in ("https:/example.com", "https:example.com", ""):
    assert refuses(httpx.get, address)
    assert refuses(httpx2.get, address)
"""


def test_an_address_without_a_host_fails_as_usual(tmp_path: Path) -> None:
    """The client refuses it, and its own error reaches the script."""
    events = events_of_script(tmp_path, WITHOUT_A_HOST)
    errors = [event.error for event in events if isinstance(event, Ended)]
    assert errors == ["UnsupportedProtocol"] * 6


TO_BOTS = """
import httpx
from pathlib import Path

URL = "https://api.example.com/bot123456:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
KEYS = {"DD-Application-Key": "hunter2", "X-Functions-Key": "hunter2"}
answer = httpx.get(f"{URL}/sendMessage?appid=hunter2&page=2", headers=KEYS)
assert answer.json()["url"].endswith("sendMessage?appid=%28not+shown%29&page=2")
Path("answer.json").write_text(answer.text)
"""


def test_no_answer_holds_a_secret(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the header or the parameter is called, and where it stands."""
    monkeypatch.chdir(tmp_path)
    events_of_script(tmp_path, TO_BOTS)
    answer = (tmp_path / "answer.json").read_text()
    assert "(not shown)" in answer
    assert "hunter2" not in answer
    assert "AAHdq" not in answer


TWICE = """
import requests
for _ in "ab":
    answer = requests.get("https://api.example.com/")
print(answer.status_code, answer.json()["message"])
"""


@pytest.mark.parametrize(
    ("dialect", "words"),
    [((), "429"), (("--dialect", "github"), "403 API rate limit exceeded")],
    ids=["by default", "github"],
)
def test_the_dialect_of_a_refusal(
    dialect: tuple[str, ...], words: str, tmp_path: Path
) -> None:
    """It is the IETF draft's, or that of the API that is named."""
    script = tmp_path / "twice.py"
    script.write_text(TWICE if dialect else TWICE.replace('.json()["message"]', ""))
    done = watch("--no-browser", "--practice", "1/20s", *dialect, script)
    assert done.stdout.startswith(words)
    assert done.returncode == 0
