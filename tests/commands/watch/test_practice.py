"""``--practice``: no request leaves the machine, and every answer says what it is."""

from __future__ import annotations

import socket
from pathlib import Path

import httpx
import pytest

from inflight_lab.commands.snippet.script import snippet
from inflight_lab.commands.watch.practice.server import AnyApi
from tests.support.watching import findings_in, summary_in, watch_text

EACH_LIBRARY = """
import asyncio, json, os
import aiohttp, httpx, httpx2, requests

os.environ["HTTP_PROXY"] = "http://192.0.2.1:3128"  # it would get what is practised
URL = "https://api.example.com/items/1?page=2"

async def main():
    async with aiohttp.ClientSession() as session, session.get(URL) as response:
        return await response.json()

answers = [get(URL).json() for get in (httpx.get, httpx2.get, requests.get)]
answers.append(asyncio.run(main()))
assert all(answer["args"] == {"page": "2"} for answer in answers)
print([answer["practice_answer"] for answer in answers])
assert requests.get(URL.replace("https", "http")).url == URL.replace("https", "http")
"""


def test_every_library_is_answered_and_every_answer_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the host and the proxy; the mark is in what `json` returns."""
    monkeypatch.setenv("https_proxy", "http://192.0.2.1:3128")
    done = watch_text(tmp_path, EACH_LIBRARY, practice="20/s")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("made up by inflight-lab watch --practice") == 4
    assert summary_in(done.stderr).startswith("5 requests to api.example.com")


@pytest.mark.parametrize("how", ["['price']", "; raise SystemExit(3)"])
def test_a_field_that_no_practice_answer_has(how: str, tmp_path: Path) -> None:
    """That a script misses it is said to be practice's fault, and nothing is lost."""
    script = f"import httpx; httpx.get('https://api.example.com/1').json(){how}"
    done = watch_text(tmp_path, script, practice="20/s")
    missed = "with no field of your API's own, no list and no next" in done.stderr
    assert missed is ("KeyError: 'price'" in done.stderr) is ("price" in how)
    assert findings_in(done.stderr) == []


PACED = """
import asyncio, httpx, time
from inflight_lab import Pacer
import pacer

async def get(client, limit, number):
    async with limit:
        await client.get(f"https://api.example.com/{number}")

async def main():
    time.sleep(1)  # nobody waits for an answer yet
    async with httpx.AsyncClient() as client:
        for first, limit in {0: Pacer(500, 1), 40: pacer.Pacer(500, 1)}.items():
            numbers = range(first, first + 40)
            await asyncio.gather(*(get(client, limit, number) for number in numbers))

asyncio.run(main())
"""


def test_a_pacer_inside_is_not_blamed(tmp_path: Path) -> None:
    """Nor what is in it, also if the script owns the class: its rate is too high."""
    (tmp_path / "pacer.py").write_text(snippet("pacer"))
    said = watch_text(tmp_path, PACED, practice="9/h").stderr
    lost = "certain: What was lost"
    assert findings_in(said) == ["certain: Over the quota", lost], said
    assert "Pacer(9, 3600), Patience(" in said


MODELS = """
import openai, anthropic

hello = [{"role": "user", "content": "hello"}]
for base_url in (None, "https://openrouter.example/api/v1", "http://localhost:11434/v1"):
    client = openai.OpenAI(api_key="key", base_url=base_url)
    chat = client.chat.completions.create(model="m", messages=hello, max_tokens=3)
    assert chat.choices[0].message.content.split()[0] == "1"
    assert chat.practice_answer
assert client.responses.create(model="m", input="hello").output_text == "1 2 3"
vectors = client.embeddings.create(model="m", input=["a", "b"])
assert vectors.data[0].embedding == [0.0] * 3
client = anthropic.Anthropic(api_key="key")
message = client.messages.create(model="m", messages=hello, max_tokens=3)
assert message.content[0].text.split()[0] == "1"
"""


def test_clients_of_language_models_get_what_they_expect(tmp_path: Path) -> None:
    """Chats, responses, embeddings and messages, wherever they are asked for."""
    done = watch_text(tmp_path, MODELS, practice="20/s")
    assert done.returncode == 0, done.stderr


STAYS = """
import os, socket, urllib.request
import httpx

HOST = "192.0.2.1"
os.environ["HTTPS_PROXY"] = ""
for ask in (
    lambda: urllib.request.urlopen(f"http://{HOST}/"),
    lambda: socket.create_connection((HOST, 443)),
    lambda: socket.getaddrinfo("api.example.com", 443),
    lambda: socket.socket(type=socket.SOCK_DGRAM).sendmsg([b"x"], [], 0, (HOST, 9)),
    lambda: httpx.get("https://api.example.com/", proxy=f"http://{HOST}:3128"),
):
    try:
        print("reached", ask())
    except Exception as error:
        print(str(error).count("nothing is sent to"))
"""


def test_nothing_reaches_another_machine(tmp_path: Path) -> None:
    """Neither what watch does not see, nor a proxy: the socket refuses."""
    done = watch_text(tmp_path, STAYS, practice="20/s")
    assert done.stdout.split() == ["1"] * 5, done.stderr


def test_a_client_that_hangs_up_is_no_error(caplog: pytest.LogCaptureFixture) -> None:
    """A script that ends while it sends hears nothing of the practice server."""
    with AnyApi(latency=0) as server:
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.sendall(
                b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                b"Content-Length: 9\r\n\r\n{"
            )
        answer = httpx.get(server.url)  # comes after it on the server's only loop
    assert answer.status_code == 200
    assert "ClientDisconnect" not in caplog.text
