"""Headers: what each request sends, with its secrets from the environment."""

import os
import re
from collections.abc import Iterable
from string import Template

from inflight_lab.recipes.settings import Stop

HEADER_NAME = re.compile(r"[\w!#$%&'*+.^`|~-]+", re.ASCII)  # as HTTP allows it
CONTROL_CHARACTER = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")  # a new line is one


def filled_in(headers: object) -> dict[str, str]:
    """The headers, with the environment variable NAME in place of each $NAME.

    Raises ``Stop`` for what cannot be sent.  The message never shows a value.
    """
    if not isinstance(headers, dict):
        raise Stop("HEADERS must be a dict that maps header names to strings")
    check_names(headers)
    return {name: value_of(name, text) for name, text in headers.items()}


def check_names(names: Iterable[object]) -> None:
    """Raise ``Stop`` for what is not a header name, or is there twice."""
    seen = set()
    for name in names:
        if not isinstance(name, str) or not HEADER_NAME.fullmatch(name):
            before, colon, _ = str(name).partition(":")  # a value may follow
            raise Stop(
                f"{before[:50]}{colon} in HEADERS must be a name of letters, digits "
                "and hyphens only, such as X-Api-Key"
            )
        if name.lower() in seen:
            raise Stop(f"{name} is in HEADERS twice")
        seen.add(name.lower())


def value_of(name: str, text: object) -> str:
    """The value of one header."""
    if not isinstance(text, str):
        raise Stop(f"{name} in HEADERS must be a string, got {type(text).__name__}")
    template = Template(text)
    check_variables(name, template)
    value = template.substitute(os.environ).strip()  # a file ends with a new line
    if CONTROL_CHARACTER.search(value):
        raise Stop(f"{name} in HEADERS must be one line without control characters")
    return value


def check_variables(name: str, template: Template) -> None:
    """Raise ``Stop`` unless each variable that a value names is set."""
    if not template.is_valid():
        raise Stop(
            f"{name} in HEADERS has a $ that no name follows; for a literal $, write $$"
        )
    for variable in template.get_identifiers():
        if not os.environ.get(variable, "").strip():
            raise Stop(
                f"{name} in HEADERS needs the environment variable {variable}: "
                "set it, or change that line"
            )


def check_ascii(headers: dict[str, str]) -> None:
    """Raise ``Stop`` for a header that openai's client would fail to encode."""
    for name, value in headers.items():
        if not value.isascii():
            raise Stop(f"{name} in HEADERS must be ASCII: openai's client needs that")


def as_latin_1(headers: dict[str, str]) -> dict[str, str]:
    """Values such that a client that encodes headers as Latin-1 sends UTF-8."""
    encoded = {}
    for name, value in headers.items():
        encoded[name] = value.encode().decode("latin-1")
    return encoded
