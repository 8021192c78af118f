"""Structured fields: the syntax in which newer HTTP header fields are written.

``RateLimit-Policy``, for example, is a list of items, each of which has parameters::

    "burst";q=100;w=60, "daily";q=1000;w=86400

The items here are the strings ``burst`` and ``daily``.  A string may contain anything,
even ``, "x";q=5``, and an item may also be a number, a token (a word without quotes) or
something else.  So do not split such a field at its commas: read it from left to right,
as `parse_list` does.  A field with a mistake in it is to be ignored as a whole.

Inner lists, which are lists as items of a list, cannot be read here: a field with one
is ignored as a whole.  No field about quotas has them.

Source: RFC 9651, "Structured Field Values for HTTP", sections 3 and 4.2.  The package
http-sf is a complete parser.
"""

from __future__ import annotations

import base64
import re
from typing import NamedTuple
from urllib.parse import unquote

BareItem = int | float | str | bytes | bool

# Each alternative is a kind of value, as RFC 9651 defines it.
BARE_ITEM = re.compile(
    r"""
      (?P<decimal> -?[0-9]{1,12}\.[0-9]{1,3} )
    | (?P<integer> -?[0-9]{1,15} )
    | "(?P<string> (?: [ !\#-\[\]-~] | \\["\\] )* )"
    | (?P<token> [A-Za-z*][A-Za-z0-9!\#$%&'*+.^_`|~:/-]* )
    | :(?P<bytes> [A-Za-z0-9+/]*={0,2} ):
    | \?(?P<boolean> [01] )
    | @(?P<date> -?[0-9]{1,15} )
    | %"(?P<display_string> (?: [ !\#$&-~] | %[0-9a-f]{2} )* )"
    """,
    re.VERBOSE,
)
KEY = re.compile(r"[a-z*][a-z0-9_.*-]*")
SEMICOLON = re.compile(r"; *")
EQUALS = re.compile(r"=")
COMMA = re.compile(r"[ \t]*,[ \t]*")


class Item(NamedTuple):
    """One item of a list, such as ``"burst";q=100;w=60``."""

    value: BareItem
    parameters: dict[str, BareItem]


class Reader:
    """Reads a text from left to right, piece by piece."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0

    @property
    def is_at_end(self) -> bool:
        """Whether all of it has been read."""
        return self._position == len(self._text)

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Read what fits the pattern here, or nothing."""
        found = pattern.match(self._text, self._position)
        if found:
            self._position = found.end()
        return found

    def expect(self, pattern: re.Pattern[str]) -> re.Match[str]:
        """Read what fits the pattern; raise ``ValueError`` if nothing does."""
        found = self.take(pattern)
        if found is None:
            raise ValueError(f"Unexpected text at position {self._position}")
        return found


def items_in(field: str) -> list[Item]:
    """The items of a structured field that is a list; none if there is a mistake."""
    try:
        return parse_list(field)
    except ValueError:
        return []


def parse_list(field: str) -> list[Item]:
    """The items of a list; raises ``ValueError`` if the field is not one."""
    reader = Reader(field.strip(" "))
    items: list[Item] = []
    while not reader.is_at_end:
        if items:
            reader.expect(COMMA)
        items.append(_item(reader))
    return items


def _item(reader: Reader) -> Item:
    value = _bare_item(reader)
    parameters: dict[str, BareItem] = {}
    while reader.take(SEMICOLON):
        key = reader.expect(KEY)[0]
        parameters[key] = _bare_item(reader) if reader.take(EQUALS) else True
    return Item(value, parameters)


def _bare_item(reader: Reader) -> BareItem:
    found = reader.expect(BARE_ITEM)
    kind = found.lastgroup or ""  # the name of the alternative that fits
    written = found[kind]
    match kind:
        case "decimal":
            return float(written)
        case "integer" | "date":
            return int(written)
        case "string":
            return re.sub(r"\\(.)", r"\1", written)
        case "bytes":
            return base64.b64decode(written + "==")  # padding may be missing
        case "boolean":
            return written == "1"
        case "display_string":
            return unquote(written, errors="strict")
    return written
