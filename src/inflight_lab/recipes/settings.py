"""Settings: a mistake in them ends the script before anything is sent."""

import math
from collections.abc import Iterable, Sequence


class Stop(Exception):
    """Why the script cannot go on."""


def check_settings(**settings: object) -> None:
    """Raise ``Stop`` if one of the settings cannot work."""
    for name, value in settings.items():
        is_allowed, rule = RULES[name]
        if not is_allowed(value):
            raise Stop(f"{name} must {rule}, got {value!r:.100}")


def has_id(value: object) -> bool:
    """Whether it is an address in which an id can be filled in."""
    return isinstance(value, str) and "{id}" in value


def is_list(value: object) -> bool:
    """Whether it holds several things, or may; one text is a single thing."""
    return isinstance(value, Iterable) and not isinstance(value, str | bytes | dict)


def is_dict(value: object) -> bool:
    """Whether it is a dict."""
    return isinstance(value, dict)


def are_quotas(value: object) -> bool:
    """Whether it is a list of quotas, at least one."""
    return isinstance(value, list | tuple) and bool(value) and all(map(is_quota, value))


def is_quota(value: object) -> bool:
    """Whether it is a pair of numbers above 0."""
    if not isinstance(value, Sequence) or len(value) != 2:
        return False
    return all(map(is_positive, value))


def is_positive(value: object) -> bool:
    """Whether it is a finite number above 0."""
    return isinstance(value, int | float) and 0 < value < math.inf


def is_count(value: object) -> bool:
    """Whether it is a whole number, 1 or more."""
    return isinstance(value, int) and value >= 1


RULES = {
    "URL": (has_id, "have {id} where the id goes"),
    "IDS": (is_list, "be a list or a range"),
    "URLS": (is_list, "be a list of addresses"),
    "BODIES": (is_list, "be a list of bodies"),
    "PROMPTS": (is_dict, "be a dict of prompts by id such as {1: 'Why?'}"),
    "QUOTAS": (are_quotas, "be a list of pairs above 0 such as [(100, 1)]"),
    "TOKENS": (is_quota, "be a pair above 0 such as (30_000, 60)"),
    "LIMIT": (is_count, "be a whole number, 1 or more"),
}
"""What each setting must be."""
