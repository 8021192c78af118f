"""An address with a place for an id."""

PLACE = "{id}"
FIRST_ID = 1
"""Where most APIs begin."""


def with_id(url: str, num: int) -> str:
    """The address of request ``num``, which is 0 for the first one."""
    return url.replace(PLACE, str(FIRST_ID + num))


def name_in(url: str, num: int) -> str:
    """What to call request ``num``: its id, if the address has a place for one."""
    return str(FIRST_ID + num if PLACE in url else num)


def word_for(url: str) -> str:
    """What `name_in` is."""
    return "id" if PLACE in url else "request"
