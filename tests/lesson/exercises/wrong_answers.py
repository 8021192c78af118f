"""Plausible wrong answers to every exercise: what each changes in the solution.

One for each thing that a check expects, unless the untouched cell shows it, or one of
the changes that its page offers as a choice.
"""

from __future__ import annotations

WAIT = "await asyncio.sleep(self.due - time.monotonic())"
REFUSED = """    else:
        turn.correct(input_tokens=0, output_tokens=0)
    return answer"""
MISTAKES: dict[str, list[tuple[str, ...]]] = {
    "check_two_at_once": [
        ("it blocks", "    return ", "    time.sleep(1)\n    return ", "blocks"),
        ("not waited for", "[await first, await second]", "[]", "2 requests reached"),
    ],
    "check_split": [
        (
            "numbers instead of lists",
            "return responses, failures",
            "return len(responses), len(failures)",
        ),
    ],
    "check_one_semaphore": [
        ("a limit of its own", "Semaphore(limit)", "Semaphore(3)"),
        ("fewer than asked for", "range(count)", "range(limit)"),
    ],
    "check_elapsed": [
        ("nothing returned", "    return ", "    "),
    ],
    "check_safe_limit": [
        ("rounded, not rounded down", "int(1 / quickest)", "round(1 / quickest)"),
        (
            "one at least",
            "rate // (1 + int(1 / quickest))",
            "max(1, rate // (1 + int(1 / quickest)))",
        ),
    ],
    "check_one_pacer": [
        ("fewer requests", "range(4)", "range(2)"),
    ],
    "check_limiter": [
        ("blocks the loop", WAIT, "time.sleep(1 / 20)", "blocks the event loop"),
        ("far too slow", WAIT, "await asyncio.sleep(10)"),
    ],
    "check_gate": [
        ("one at a time", "Semaphore(slots)", "Semaphore(1)", "at most 1"),
        ("no retry", "while True:", "for _ in range(1):", "you returned 34"),
        ("no end", "return response", "continue", "not done after 90"),
    ],
    "check_fixed": [
        ("half of the quota", "Pacer(20)", "Pacer(10)", "Which rate"),
        ("only as many as are allowed", "range(60)", "range(20)"),
    ],
    "check_shares_items": [
        ("too many workers", "range(limit)", "range(2 * limit)"),
        ("one worker", "range(limit)", "range(1)"),
    ],
    "check_paced_threads": [
        ("no status is returned", "return client", "client"),
    ],
    "check_reserves": [
        ("half of the answer", "output_tokens=longest", "output_tokens=longest / 2"),
        ("all given back after a refusal", "    return answer", REFUSED, "refused"),
        ("the two mixed up", '["prompt_tokens"]', '["completion_tokens"]', "used 141"),
    ],
    "check_learns": [
        ("slower for ever", "adaptive.LearningPacer(15)", "adaptive.LearningPacer(10)"),
    ],
    "check_gives_up": [
        (
            "no response in the end",
            "return response",
            "return response if attempt < 4 else None",
            "the last of the 5",
        ),
        ("four attempts", "attempt == 4", "attempt == 3", "got 4 requests"),
        ("a minute, whatever is asked", 'float(response.headers["Retry-After"])', "60"),
    ],
    "check_bought_once": [
        ("nothing is returned", "return await asyncio", "await asyncio"),
    ],
}
"""By check: the mistake, what it changes in the solution, what stands there instead,
and a part of the verdict on it, where that must name the mistake.
"""
