"""Headers: what each request sends, with its secrets from the environment."""

import os
from collections.abc import Mapping
from string import Template

from inflight_lab.recipes.settings import Stop


def filled_in(headers: Mapping[str, object]) -> dict[str, str]:
    """The headers, with the environment variable NAME in place of each $NAME.

    Raises ``Stop`` if a variable is not set.  The message never shows a value.
    """
    return {name: value_of(name, text) for name, text in headers.items()}


def value_of(name: str, text: object) -> str:
    """The value of one header."""
    if not isinstance(text, str):
        raise Stop(f"{name} in HEADERS must be a text")
    template = Template(text)
    if not template.is_valid():
        raise Stop(f"{name} in HEADERS has a $ without a name: write $$ for the sign")
    for variable in template.get_identifiers():
        if not os.environ.get(variable, "").strip():
            raise Stop(
                f"{name} in HEADERS needs the environment variable {variable}: "
                "set it, or change that line"
            )
    value = template.substitute(os.environ)
    return " ".join(value.split())  # read from a file, it ends with a new line


def as_latin_1(headers: dict[str, str]) -> dict[str, str]:
    """The headers for a client that sends text as Latin-1, so that they are UTF-8."""
    encoded = {}
    for name, value in headers.items():
        encoded[name] = value.encode().decode("latin-1")
    return encoded
