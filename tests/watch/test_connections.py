"""Findings about a client's connections."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from inflight_lab.watch.events import Acquired
from inflight_lab.watch.findings.connections import (
    client_for_each_request,
    connections_reopened,
    pool_as_the_limit,
    pool_timeouts,
)
from inflight_lab.watch.findings.finding import LIKELY
from tests.support.watching import PROCESS, Made, log_of


def in_a_pool(count: int, connections: int, **more: float | None) -> list[Made]:
    """So many requests at once of a client with so many connections."""
    return [Made(max_connections=connections, **more) for _ in range(count)]  # type: ignore[arg-type]


def test_one_session_for_all_threads() -> None:
    """For requests the two statements are the fix: no recipe uses it."""
    made = [Made(n / 10, client=n, library="requests") for n in range(12)]
    finding = client_for_each_request(log_of(made))
    assert finding
    statements = finding.advice.partition("for all: ")[2].removesuffix(".")
    names: dict[str, Any] = {"requests": requests}
    exec(statements, names)
    adapter = names["session"].get_adapter("https://api.example.com/")
    assert adapter.poolmanager.connection_pool_kw["maxsize"] == 20
    assert finding.fix is None


def test_a_pool_that_is_too_small() -> None:
    """The rest waited inside it; a few more may be sent where many are cancelled."""
    waiting = in_a_pool(30, 20, waited=None, took=None)
    finding = pool_as_the_limit(log_of(in_a_pool(21, 20) + waiting))
    assert finding
    assert finding.facts == (
        "51 requests were asked for at once, but the client opens only 20 connections; "
        "31 waited inside it"
    )


@pytest.mark.parametrize(
    ("sent", "waiting"),
    [(20, 0), (20, 10), (0, 10), (2, 0)],
    ids=["HTTP/2", "HTTP/2, and some wait", "no connection at all", "room for all"],
)
def test_a_pool_that_is_not_the_limit(sent: int, waiting: int) -> None:
    """With HTTP/2 a connection carries many; without a connection none is used."""
    requests = in_a_pool(sent, 2) + in_a_pool(waiting, 2, waited=None, took=None)
    assert pool_as_the_limit(log_of(requests)) is None


def test_a_pool_that_fills_because_no_semaphore_limits() -> None:
    """Then that is the finding."""
    requests = [Made(sender=n, max_connections=5) for n in range(5)]
    requests += [Made(sender=n, max_connections=5, waited=None) for n in range(5, 20)]
    acquired = [Acquired(0.0, PROCESS, n, n) for n in range(20)]
    assert pool_as_the_limit(log_of(requests))
    assert pool_as_the_limit(log_of(requests, *acquired)) is None


@pytest.mark.parametrize("streams_are_closed", [True, False])
def test_requests_that_wait_too_long_for_a_connection(streams_are_closed: bool) -> None:
    """Where the pool is full of streams that are never closed, no semaphore helps."""
    took = 0.5 if streams_are_closed else None
    requests = in_a_pool(2, 2, took=took)
    requests += [
        Made(max_connections=2, waited=None, error="PoolTimeout", took=1.0)
    ] * 4
    finding = pool_timeouts(log_of(requests))
    assert finding
    assert finding.facts == "4 requests waited too long for one of 2 connections"
    hint = "2 never ended: is each stream closed? "
    assert finding.advice.startswith(hint) is not streams_are_closed


@pytest.mark.parametrize(
    ("clients", "hosts", "is_found"),
    [(12, 1, True), (6, 1, True), (5, 1, False), (1, 1, False), (6, 4, False)],
)
def test_a_client_for_each_request(clients: int, hosts: int, is_found: bool) -> None:
    """From half as many clients as requests on, unless there is one for each host."""
    requests = [
        Made(client=n % clients, url=f"https://h{n % hosts}.example.com/", opened=2)
        for n in range(12)
    ]
    finding = client_for_each_request(log_of(requests))
    assert (finding is not None) == is_found
    if finding:
        assert finding.facts == f"{clients} clients, and 24 connections opened"


def opened_anew(**more: object) -> list[Made]:
    """150 requests, 30 at a time, each on a new connection."""
    return [
        Made(asked=n // 30 * 0.2, opened=1)._replace(**more)  # type: ignore[arg-type]
        for n in range(150)
    ]


def test_connections_that_the_client_closes_too_soon() -> None:
    """30 in flight, 20 kept: the others are opened anew each time."""
    finding = connections_reopened(log_of(opened_anew()))
    assert finding
    assert finding.facts == (
        "150 for 150 requests. Up to 30 were in flight, and of their connections the "
        "client keeps 20 open; the others are closed and opened anew"
    )


def test_connections_that_may_have_been_idle_for_too_long() -> None:
    """After a rest it is only likely that the client keeps too few."""
    batches = [Made(asked=6.0 * (n // 30), opened=1) for n in range(150)]
    finding = connections_reopened(log_of(batches))
    assert finding
    assert finding.certainty == LIKELY
    assert "keepalive_expiry" in finding.advice


@pytest.mark.parametrize(
    "reason",
    [
        {"headers": "retry-after: 2\nconnection: close"},
        {"headers": "connection: Close"},
        {"error": "ReadTimeout"},
        {"error": "cancelled"},
        {"max_idle": 30},
        {"max_idle": 0},
    ],
    ids=str,
)
def test_connections_that_others_closed(reason: dict[str, object]) -> None:
    """By the server, which says so, or as a request failed on it; or all are kept."""
    assert connections_reopened(log_of(opened_anew(**reason))) is None


def test_connections_that_stay_open() -> None:
    """A header that says so is no reason to open another."""
    requests = opened_anew(headers="connection: keep-alive")
    assert connections_reopened(log_of(requests))


@pytest.mark.parametrize(("again", "is_found"), [(51, True), (50, False)])
def test_a_third_of_all_is_opened_again(again: int, is_found: bool) -> None:
    """Fewer are the usual coming and going."""
    requests = opened_anew(opened=0)
    for number in range(30 + again):
        requests[number] = requests[number]._replace(opened=1)
    assert (connections_reopened(log_of(requests)) is not None) == is_found


def test_each_host_needs_a_connection_of_its_own() -> None:
    """The first to a host is not opened again."""
    requests = [
        made._replace(url=f"https://host{n}.example.com/")
        for n, made in enumerate(opened_anew())
    ]
    assert connections_reopened(log_of(requests)) is None
