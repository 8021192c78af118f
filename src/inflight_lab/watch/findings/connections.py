"""How a client's connections are used."""

from inflight_lab.watch.findings.concurrency import semaphore_for_each_task
from inflight_lab.watch.findings.finding import CERTAIN, FEW, Finding
from inflight_lab.watch.request import Request
from inflight_lab.watch.request_group import RequestGroup
from inflight_lab.watch.request_log import RequestLog


def pool_as_the_limit(log: RequestLog) -> Finding | None:
    """More requests were asked for than the client has connections: the rest waited."""
    if semaphore_for_each_task(log):
        return None  # that is why
    for group in log.by_client():
        connections = group.first.max_connections
        asked = group.most_open()
        sent = group.most_in_flight()
        # A few more are sent where many are cancelled at once; over HTTP/2, far more.
        pool_was_full = 0 < 0.9 * sent < connections
        if pool_was_full and asked > connections and asked > sent:
            return Finding(
                CERTAIN,
                "The connection pool was the limit",
                facts=f"{asked} requests were asked for at once, the client opens "
                f"{connections} connections; {asked - connections} waited inside it",
                advice="Let a semaphore of your own, below the pool's size, "
                "be the limit (notebook 02).",
            )
    return None


def pool_timeouts(log: RequestLog) -> Finding | None:
    """Requests waited for a connection until they were given up."""
    late = [request for request in log.requests if request.error == "PoolTimeout"]
    if not late:
        return None
    connections = late[0].max_connections
    unfinished = len(log.unfinished)
    advice = (
        "Let requests wait at a semaphore, before the client: "
        "it has no time-out (notebook 08)."
    )
    if unfinished >= connections:
        advice = f"{unfinished} never ended: is each stream closed? {advice}"
    return Finding(
        CERTAIN,
        "PoolTimeout",
        facts=f"{len(late)} requests waited too long for one of "
        f"{connections} connections",
        advice=advice,
    )


def client_for_each_request(log: RequestLog) -> Finding | None:
    """Clients were made for a request or two, so no connection was used again."""
    clients = len(log.by_client())
    if clients < max(FEW, len(log) / 2, 2 * len(log.hosts)):
        return None
    return Finding(
        CERTAIN,
        "A client for each request",
        facts=f"{clients} clients, and {log.connections_opened} connections opened",
        advice="Make one client, and share it; "
        "httpx.get makes one each time (notebook 01).",
    )


def connections_opened_again(log: RequestLog) -> Finding | None:
    """More are in flight than the client keeps connections: it closes and reopens."""
    for group in log.by_client():
        in_flight = group.most_in_flight()
        kept = group.first.max_idle
        if in_flight > kept > 0 and _opened_again(group) > len(group) / 3:
            return Finding(
                CERTAIN,
                "Connections opened and closed all the time",
                facts=f"{group.connections_opened} for {len(group)} requests with "
                f"{in_flight} in flight. The client keeps {kept}; "
                "beyond, most need a new one",
                advice="Lower the limit to what is kept, "
                "or raise max_keepalive_connections (notebook 08).",
            )
    return None


def _opened_again(group: RequestGroup) -> int:
    """How many were opened because the client had closed one."""
    closed_by_others = sum(_ended_its_connection(each) for each in group.requests)
    needed_at_once = sum(host.most_in_flight() for host in group.by_host())
    return group.connections_opened - closed_by_others - needed_at_once


def _ended_its_connection(request: Request) -> bool:
    """Whether the server closed the connection, or the request failed on it."""
    return bool(request.error) or "connection: close" in request.headers.lower()
