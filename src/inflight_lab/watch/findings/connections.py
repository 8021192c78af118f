"""How a client's connections are used."""

from inflight_lab.watch.findings.finding import (
    CERTAIN,
    LIKELY,
    MIN_EVIDENCE,
    Finding,
)
from inflight_lab.watch.findings.fixes import (
    is_sent_by_openai,
    with_a_limit,
)
from inflight_lab.watch.findings.libraries import Words, words_of
from inflight_lab.watch.findings.limits import semaphore_for_each_task
from inflight_lab.watch.findings.notes import with_notes
from inflight_lab.watch.request import Request
from inflight_lab.watch.request_group import RequestGroup
from inflight_lab.watch.request_log import RequestLog
from inflight_lab.watch.where import where

IDLE = 5.0
"""Seconds after which httpx closes a connection without use; others take longer."""
AFTER_A_REST = (
    " A client also closes connections that are idle: httpx after 5 s, unless "
    "keepalive_expiry says otherwise."
)
OF_AN_SDK = (
    "Each client of an SDK, such as openai's, opens connections of its own: make one "
    "for all calls (notebook 01)."
)


def pool_as_the_limit(log: RequestLog) -> Finding | None:
    """Requests waited inside the client, because all its connections were in use."""
    if semaphore_for_each_task(log):
        return None  # explained by the semaphores already
    for group in log.by_client():
        connections = group.first.max_connections
        asked = group.most_unfinished()
        sent = group.most_in_flight()
        is_pool_known = connections > 0 and sent > 0
        # A few more than there are connections are in flight while many are cancelled.
        # Over HTTP/2 far more are: each connection carries many.
        has_one_request_a_connection = 0.9 * sent < connections
        waited = asked - max(connections, sent)
        has_queue = waited >= max(MIN_EVIDENCE, connections / 4)
        if is_pool_known and has_one_request_a_connection and has_queue:
            client = words_of(group.first).client
            return Finding(
                CERTAIN,
                "The connection pool was the limit",
                facts=f"{asked} requests were asked for at once, but the {client} "
                f"opens only {connections} connections; {asked - connections} waited "
                "inside it",
                advice="Let a semaphore of your own, below the pool's size, "
                "be the limit (notebook 02).",
                fix=with_notes(with_a_limit(group), group),
            )
    return None


def pool_timeouts(log: RequestLog) -> Finding | None:
    """Requests waited for a connection longer than the client's timeout allows."""
    timed_out = [each for each in log.requests if each.error == "PoolTimeout"]
    if not timed_out:
        return None
    connections = timed_out[0].max_connections
    unfinished = len(log.unfinished)
    advice = (
        "Let requests wait at a semaphore, before the client: "
        "it has no timeout (notebook 09)."
    )
    if unfinished >= connections:
        advice = f"{unfinished} never ended: is each stream closed? {advice}"
    return Finding(
        CERTAIN,
        "PoolTimeout",
        facts=f"{len(timed_out)} requests waited too long for one of "
        f"{connections} connections",
        advice=advice,
        fix=with_a_limit(RequestGroup(timed_out)),
    )


def client_for_each_request(log: RequestLog) -> Finding | None:
    """Each client sent only a request or two, so no connection was reused."""
    clients = len(log.by_client())
    calls = sum(not request.retry for request in log.requests)
    if clients < max(MIN_EVIDENCE, calls / 2, 2 * len(log.hosts)):
        return None
    words = words_of(log.first)
    return Finding(
        CERTAIN,
        f"A {words.client} for each request",
        facts=f"{clients} {words.client}s, and {log.connections_opened} connections "
        f"opened{where(request.line for request in log.requests)}",
        advice=OF_AN_SDK if is_sent_by_openai(log) else _make_one(words),
        fix=None,
    )


def _make_one(words: Words) -> str:
    return (
        f"{words.one_off} makes one each time (notebook 01), and so does a function "
        f"that opens its own. Make one {words.client} for all: {words.share}"
    )


def connections_reopened(log: RequestLog) -> Finding | None:
    """The client keeps fewer idle connections than it uses, so it reopens many."""
    for group in log.by_client():
        most = group.most_in_flight()
        max_idle = group.first.max_idle
        if most > max_idle > 0 and _reopened_connections(group) > len(group) / 3:
            words = words_of(group.first)
            closed_while_idle = _longest_rest(group) >= IDLE
            return Finding(
                LIKELY if closed_while_idle else CERTAIN,
                "Connections opened and closed all the time",
                facts=f"{group.connections_opened} for {len(group)} requests. Up to "
                f"{most} were in flight, and of their connections the {words.client} "
                f"keeps {max_idle} open; the others are closed and opened anew",
                advice="Lower the limit to what is kept, "
                f"or raise {words.max_idle} (notebook 09)."
                f"{AFTER_A_REST if closed_while_idle else ''}",
                fix=with_a_limit(group),
            )
    return None


def _longest_rest(group: RequestGroup) -> float:
    """Seconds in which none of its requests was in flight."""
    longest = 0.0
    ended = group.first.asked
    for request in group.requests:
        longest = max(longest, request.asked - ended)
        ended = max(ended, request.asked + request.seconds)
    return longest


def _reopened_connections(group: RequestGroup) -> int:
    """How many connections were opened because the client had closed one."""
    closed_by_others = sum(_ended_its_connection(each) for each in group.requests)
    needed_at_once = sum(host.most_in_flight() for host in group.by_host())
    return group.connections_opened - closed_by_others - needed_at_once


def _ended_its_connection(request: Request) -> bool:
    """Whether the server closed the connection, or the request failed on it."""
    return bool(request.error) or "connection: close" in request.headers.lower()
