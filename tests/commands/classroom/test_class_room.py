"""A class at one practice server, with phones that have addresses of their own."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from inflight_lab import ClassRoom
from inflight_lab.commands.classroom import phones
from inflight_lab.commands.classroom.__main__ import main
from tests.commands.classroom.class_phone import ClassPhone, a_phone, a_wall, talking
from tests.support.waiting import PATIENCE, until

pytestmark = pytest.mark.anyio
LONG = 60.0


@pytest.fixture
def room() -> Iterator[ClassRoom]:
    """A class on this computer alone, whose API allows five in a minute."""
    quota = {"rate": 5, "period": 60}
    with ClassRoom(address="127.0.0.1", port=0, latency=0.01, **quota) as room:
        yield room


async def test_all_phones_share_one_quota(room: ClassRoom) -> None:
    """Each sends what would be allowed to one; a 429 says how long to wait; each hears
    what all send, and what is allowed, if known; the wall is told whose request it was.
    """
    async with (
        a_wall(room) as wall,
        a_phone(room, 2, "Ana") as ana,
        a_phone(room, 3) as other,
    ):
        assert await ana.send_many(3) == [200] * 3
        assert await other.send_many(3) == [200, 200, 429]
        refused = await ana.send()
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
        await wall.hear_ends(7)
        assert 0 < wall.events[0][0] < wall.events[-1][0] <= wall.state["now"]
        assert wall.state["phones"] == [[1, "Ana"], [2, ""]]
        senders = [event[5] for event in wall.events if event[1] == "sent"]
        assert (senders[:3], sorted(senders[3:])) == ([1, 1, 1], [1, 2, 2, 2])
        await ana.hear_of_all(rate=5, period=60, sent=7)
        room.api.quota = "none"
        await other.hear_of_all(rate=None, period=60, sent=7)
    assert room.api.stats().accepted == 5


async def test_turns_are_dealt_out_fairly_and_nobody_is_refused(
    room: ClassRoom,
) -> None:
    """With one shared pace: one phone cannot take the turns of the others, although it
    asked for all of its own first.
    """
    room.api.rate, room.api.period = 40, 1.0
    async with a_wall(room) as wall, a_phone(room, 2) as greedy, a_phone(room, 3) as it:
        await wall.share_the_pace(greedy, it)
        order: list[int] = []
        statuses: list[int] = []

        async def send_in_turn(phone: ClassPhone, count: int) -> None:
            await phone.ask(count)
            for _ in range(count):
                await phone.take_turns(1)
                order.append(phone.number)
                statuses.append((await phone.send()).status_code)

        many = asyncio.create_task(send_in_turn(greedy, 50))
        await wall.hear_that(lambda: wall.state["waiting"] > 30)
        await send_in_turn(it, 5)
        assert order[-10:].count(1) <= 6
        await many
    assert statuses == [200] * 55


async def test_requests_that_come_late_and_at_once_are_not_refused(
    room: ClassRoom,
) -> None:
    """Turns that a network holds up and lets go together stay within the quota; they
    are dealt out at nine tenths of it.
    """
    room.api.rate, room.api.period = 10, 2.0
    async with a_wall(room) as wall, a_phone(room) as phone:
        await wall.share_the_pace(phone)
        began = time.monotonic()
        await phone.ask(12)
        await phone.take_turns(10)
        assert time.monotonic() - began > 9 / (0.9 * 5) - 0.01
        with pytest.raises(TimeoutError):  # those ten may come at any moment
            await asyncio.wait_for(phone.socket.recv(), 1.0)
        assert await phone.send_many(10) == [200] * 10


async def test_who_waits_for_a_turn_is_freed_when_there_are_none(
    room: ClassRoom,
) -> None:
    """The teacher takes the shared pace back: phones learn it, and send as before."""
    async with a_wall(room) as wall, a_phone(room) as phone:
        await wall.share_the_pace(phone)
        await phone.ask(5)
        await wall.hear_until(waiting=4)
        await wall.say(shared=False)
        await phone.take_turns(1)
        assert await phone.hear() == {"shared": False}
        assert room.turns.waiting == 0
        await phone.ask(1)
        await phone.take_turns(1)


async def test_a_phone_that_leaves_takes_its_requests_along(room: ClassRoom) -> None:
    """What is in flight is cancelled, its turns are nobody's, its key is worth nothing,
    and its place is free.
    """
    room.api.latency, room.api.rate = LONG, 3  # so no turn is dealt
    async with a_wall(room) as wall, AsyncExitStack() as stays:
        phone = await stays.enter_async_context(a_phone(room))
        key = phone.key
        asking = [asyncio.create_task(phone.send()) for _ in range(3)]
        await until(lambda: room.api.stats().in_flight == 3)
        await wall.share_the_pace(phone)
        await phone.ask(3)
        await wall.hear_until(waiting=3)
        for task in asking:
            task.cancel()
        await stays.aclose()
        await wall.hear_until(phones=[], waiting=0)
        await wall.hear_ends(3)
        assert {event[1] for event in wall.events} == {"sent", "cancelled"}
        async with a_phone(room) as next_one, httpx.AsyncClient() as client:
            assert next_one.number == 1
            answer = await client.get(f"{room.url}get", params={"phone": key})
            assert answer.status_code == 403
    assert room.api.stats().in_flight == 0


async def test_the_wall_turns_the_knobs(room: ClassRoom) -> None:
    """A value that is not allowed closes its connection with the reason, and changes
    nothing.
    """
    async with a_wall(room) as wall:
        await wall.say(rate=10, latency=0.5)
        await wall.hear_until(latency=0.5)
        assert wall.state["quota"]["rate"] == 10
        await wall.say(rate=-1)
        with pytest.raises(ConnectionClosed, match="rate must be 1 to"):
            await wall.hear_until(latency=-1)
    assert (room.api.rate, room.api.latency) == (10, 0.5)


# ---- Safe in a room


async def test_a_name_is_short_and_text(room: ClassRoom) -> None:
    """At most twelve characters, all of them visible; what it says is only shown."""
    names = {
        "  abcdefghijklmnop": "abcdefghijkl",
        "<b>x</b>": "<b>x</b>",
        "a\n\x00\u202eb": "ab",
    }
    async with a_wall(room) as wall, a_phone(room) as phone:
        for given, shown in names.items():
            await phone.say(name=given)
            await wall.hear_until(phones=[[1, shown]])


@pytest.mark.parametrize(
    "message",
    [json.dumps({"name": "x" * 1_000_000}), "not JSON", "[" * 4000, '["a list"]'],
    ids=["a megabyte", "not JSON", "deep", "a list"],
)
async def test_a_message_that_makes_no_sense_ends_the_conversation(
    room: ClassRoom, message: str | bytes, caplog: pytest.LogCaptureFixture
) -> None:
    """Nonsense from one phone ends its own connection, and no other; no traceback."""
    async with a_phone(room, 3) as other:
        async with a_phone(room) as phone:
            with suppress(ConnectionClosed):  # it may end half-way
                await phone.socket.send(message)
            with pytest.raises(ConnectionClosed):
                await phone.hear()
        assert (await other.send()).status_code == 200
    assert caplog.text == ""


async def test_one_phone_cannot_flood_the_room(room: ClassRoom) -> None:
    """What is too much is stopped with the reason before the API counts it; others are
    answered.
    """
    room.api.rate = 100
    async with a_phone(room, 2) as phone, a_phone(room, 3) as it:
        for each in room.phones:
            each.requests.period = 600  # a busy computer takes more than a second
        most = phones.REQUESTS_A_SECOND
        assert await phone.send_many(most + 5) == [200] * most + [503] * 5
        stopped = await phone.send()
        assert "One phone may send 40 a second" in stopped.json()["error"]
        assert await it.send_many(2) == [200, 200]
    assert room.api.stats().started == most + 2


async def test_there_is_room_for_so_many_phones(
    room: ClassRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also if a school's network shows all of them under one address; whoever comes
    then hears why not, and a place that is left is free.
    """
    monkeypatch.setattr(phones, "MOST_PHONES", 12)
    async with AsyncExitStack() as opened, a_phone(room) as first:
        for number in range(2, 13):
            phone = await opened.enter_async_context(a_phone(room))
            assert phone.number == number
        async with talking(room) as socket:
            with pytest.raises(ConnectionClosed, match="12 phones are here"):
                await socket.recv()
        await first.socket.close()
        await until(lambda: len(list(room.phones)) == 11)
        async with a_phone(room) as next_one:
            assert next_one.number == 1


async def test_who_comes_back_has_the_old_place(room: ClassRoom) -> None:
    """A phone slept, and its colour on the wall is the same; unless it is taken, or
    nonsense.
    """
    async with a_phone(room) as first:
        for before, number in [("7", 7), ("1", 2), ("61", 2), ("x", 2), ("-1", 2)]:
            page = f"{room.url}?number={before}"
            async with talking(room, page=page) as socket:
                assert json.loads(await socket.recv())["number"] == number
            await until(lambda: len(list(room.phones)) == 1)
        assert first.number == 1


FOREIGN = {"Origin": "http://evil.example"}


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/", {}, 404),
        ("/get", {}, 404),
        ("/wrong/", {}, 404),
        ("/v1/chat/completions", {}, 404),
        ("{code}..%2f..%2froom.py", {}, 404),
        ("{code}get", {}, 403),
        ("{code}get?phone=guessed", {}, 403),
        ("{code}get?phone={key}", FOREIGN, 403),
        ("{code}get?phone={key}", {"Sec-Fetch-Site": "cross-site"}, 403),
        ("{code}", {"Host": "evil.example"}, 403),
        ("{code}", {"Host": "127.0.0.1.evil.example:80"}, 403),
        ("{wall}", {}, 403),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_what_a_stranger_gets(
    room: ClassRoom, path: str, headers: dict[str, str], status: int
) -> None:
    """Without the code, from another site, or at another address than the wall's:
    nothing, and nothing is counted.
    """
    async with a_phone(room, 7) as phone:
        code, wall = (httpx.URL(url).path for url in (room.url, room.wall))
        path = path.format(code=code, wall=wall, key=phone.key)
        url = f"http://127.0.0.1:{room.port}{path}"
        answer = await phone.client.get(url, headers=headers)
    assert answer.status_code == status
    assert room.api.stats().started == 0
    assert room.code not in answer.text


async def test_strangers_cannot_talk(
    room: ClassRoom, caplog: pytest.LogCaptureFixture
) -> None:
    """No page of another site, and not the wall's from another computer; and they
    cannot fill a notebook with messages.
    """
    for more in (
        {"origin": "http://evil.example"},
        {"page": room.wall},
        {"page": f"http://127.0.0.1:{room.port}/wrong/"},
    ):
        with pytest.raises(InvalidStatus):
            async with talking(room, 7, **more):
                pass
    assert list(room.phones) == []
    assert caplog.text == ""


async def test_far_away_is_no_class(room: ClassRoom) -> None:
    """An address of the internet gets nothing, even with the code."""
    for client, status in [("8.8.8.8", 403), ("192.168.7.7", 200), ("nonsense", 403)]:
        transport = httpx.ASGITransport(room, client=(client, 1))
        async with httpx.AsyncClient(transport=transport) as asking:
            assert (await asking.get(room.url)).status_code == status


async def test_the_pages_keep_to_themselves(room: ClassRoom) -> None:
    """They set no cookie, are kept nowhere, load nothing from elsewhere, and may be put
    into no other page.
    """
    async with httpx.AsyncClient() as client:
        for url in (room.url, room.wall):
            for file in ("", "page.js", "page.css"):
                answer = await client.get(url + file)
                assert answer.status_code == 200
                assert "set-cookie" not in answer.headers
                assert answer.headers["Cache-Control"] == "no-store"
                assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        code = await client.get(room.wall + "qr.svg")
    assert code.headers["Content-Type"] == "image/svg+xml"


# ---- Open and closed


def test_without_a_network_it_asks_for_the_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It does not serve at an address to which no phone can come.  At a switch, without
    a way to other networks, it has one address; if there are two, it names them.
    """

    def nowhere(*_: object) -> None:
        raise OSError("Network is unreachable")

    monkeypatch.setattr(socket.socket, "connect", nowhere)
    cards = {"lo": psutil.net_if_addrs()["lo"]}
    monkeypatch.setattr(psutil, "net_if_addrs", lambda: cards)
    with pytest.raises(OSError, match="in no network: give the address"):
        ClassRoom()

    def card(address: str) -> list[Any]:
        of_ipv4 = [each for each in cards["lo"] if each.family == socket.AF_INET]
        return [each._replace(address=address) for each in of_ipv4]

    cards["eth0"] = card("192.168.77.1")
    assert ClassRoom().address == "192.168.77.1"
    cards["eth1"] = card("10.0.0.2")
    with pytest.raises(OSError, match=r"one of 192\.168\.77\.1, 10\.0\.0\.2"):
        ClassRoom()


def test_a_notebook_shows_where_to_go(room: ClassRoom) -> None:
    """A class in a notebook shows its address, the QR code and the wall in the cell."""
    shown = room._repr_html_()
    assert room.url in shown
    assert room.wall in shown
    assert "data:image/svg+xml" in shown


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize(("encoding", "has_code"), [("utf-8", True), ("ascii", False)])
def test_the_command_serves_until_ctrl_c(encoding: str, has_code: bool) -> None:
    """It prints both addresses, and the QR code where the output has its characters,
    and ends without a traceback.
    """
    command = [str(Path(sys.executable).with_name("inflight-lab")), "class"]
    options = ["--address=127.0.0.1", "--port=0"]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    pipes["env"] = os.environ | {"PYTHONIOENCODING": encoding}
    pipes["encoding"] = "utf-8"
    with subprocess.Popen([*command, *options], text=True, **pipes) as ran:
        assert ran.stdout
        said = ""
        while "Ctrl+C" not in said:
            line = ran.stdout.readline()
            assert line, ran.stderr and ran.stderr.read()
            said += line
        phones_at, wall_at = re.findall(r"http://127\.0\.0\.1:\d+/\S+/", said)
        for address in (phones_at, wall_at):
            assert httpx.get(address, timeout=PATIENCE).status_code == 200
        ran.send_signal(signal.SIGINT)
        _, errors = ran.communicate(timeout=PATIENCE)
    assert (ran.returncode, errors) == (130, "")
    assert ("\u2588" in said) == has_code


@pytest.mark.parametrize(
    ("address", "port", "said"),
    [
        ("evil.example", "0", "address must be an IPv4 address"),
        ("203.0.113.9", "0", "address must be one of this computer's: 127.0.0.1"),
        ("127.0.0.1", "taken", "port {} is taken, maybe by another class"),
        ("127.0.0.1", "99999", "port must be 0 to 65535, got 99999"),
    ],
)
def test_the_command_names_what_is_wrong(
    address: str, port: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """An argument that it cannot have is one line and the exit status 2."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = port.replace("taken", str(taken.getsockname()[1]))
        with pytest.raises(SystemExit) as ended:
            main([f"--address={address}", f"--port={port}"])
    assert ended.value.code == 2
    says = capsys.readouterr().err.splitlines()[-1]
    assert said.format(port) in says
