"""Tasks that wait for each other, so that nothing goes on."""

from inflight_lab.watch.events import Acquired, Deadlocked, Released
from inflight_lab.watch.findings.finding import CERTAIN, LIKELY, Finding
from inflight_lab.watch.findings.fixes import snippet
from inflight_lab.watch.request import Name
from inflight_lab.watch.request_log import RequestLog
from inflight_lab.watch.where import where


def deadlock(log: RequestLog) -> Finding | None:
    """No slot of a semaphore could be released any more, and tasks waited for one."""
    for event in log.deadlocks:
        if not _is_handed_on(event, log):
            return _never_released(event, log) if event.lost else _circle(event, log)
    return None


def _circle(event: Deadlocked, log: RequestLog) -> Finding:
    slots = "its only slot was" if event.slots == 1 else f"all {event.slots} slots were"
    return Finding(
        CERTAIN,
        "A deadlock",
        facts=f"{slots} held by tasks that needed another slot to go on"
        f"{where([_line(event, log)])}, {_waited(event, log)}",
        advice="Don't acquire a semaphore again inside its own block, nor await a task "
        "there that acquires it: take a slot only around the request itself "
        "(notebook 03).",
        fix=snippet("semaphore"),
    )


def _never_released(event: Deadlocked, log: RequestLog) -> Finding:
    return Finding(
        LIKELY,
        "Slots that are never released",
        facts=f"{event.lost} of {event.slots} slots belong to tasks that had ended"
        f"{where([_line(event, log)])}, {_waited(event, log)}",
        advice="Use `async with`: it releases the slot in case of an error, too "
        "(notebook 03).",
        fix=snippet("semaphore"),
    )


def _waited(event: Deadlocked, log: RequestLog) -> str:
    tasks = "1 task" if event.waiting == 1 else f"{event.waiting} tasks"
    end = _end_of(event, log)
    how_long = f"for {end - event.time:.1f} s" if end else "until the run ended"
    return f"and {tasks} waited in vain {how_long}"


def _end_of(event: Deadlocked, log: RequestLog) -> float | None:
    """When the semaphore was used again, such as because tasks were cancelled."""
    uses: list[Acquired | Released] = [*log.acquired, *log.released]
    times = [use.time for use in uses if _is_of(use, event)]
    return min((time for time in times if time > event.time), default=None)


def _is_handed_on(event: Deadlocked, log: RequestLog) -> bool:
    """Whether others release the slots: then they are permits, and not held."""
    users = {use.sender for use in log.acquired if _is_of(use, event)}
    releasers = {use.sender for use in log.released if _is_of(use, event)}
    return not releasers <= users


def _line(event: Deadlocked, log: RequestLog) -> str:
    """Where the semaphore was first used."""
    return next((use.line for use in log.acquired if _is_of(use, event)), "")


def _is_of(use: Acquired | Released, event: Deadlocked) -> bool:
    return _semaphore(use) == _semaphore(event)


def _semaphore(event: Acquired | Released | Deadlocked) -> Name:
    return event.process, event.semaphore
