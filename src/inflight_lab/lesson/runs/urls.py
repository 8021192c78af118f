"""Whether a URL names this machine, and whether it may hold a secret.

A secret has a name that says so, or it looks like one: long, and neither a word nor a
number.  Code that repeats a URL leaves secrets out.
"""

import ipaddress
import re
from urllib.parse import parse_qsl, urlsplit

WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
"""A word in a name: ``access_token`` has two, and so has ``accessToken``."""
SECRET_WORDS = {"auth", "credential", "jwt", "key", "pass", "pwd", "sid", "sig"}
SECRET_ENDINGS = (
    "apikey",
    "appid",
    "authorization",
    "cookie",
    "passphrase",
    "passwd",
    "password",
    "secret",
    "signature",
    "token",
)
"""Endings of such words, as in ``accesstoken``."""
LONG = re.compile(r"[\w-]{16,}", re.ASCII)
MIXED = re.compile(r"[a-z]\d+[a-z]|\d[a-z]+\d", re.IGNORECASE)
"""Letters and digits in turn, as in ``41d4`` and unlike ``v2`` or ``census-2020``."""


def is_loopback(host: str) -> bool:
    """Whether ``host`` is this machine, by its name alone: nothing is looked up."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def has_a_secret(url: str) -> bool:
    """Whether the user's name, the path or a parameter of a URL may be a secret."""
    parts = urlsplit(url)
    if "@" in parts.netloc or looks_random(parts.path):
        return True
    return any(is_secret(name, value) for name, value in parse_qsl(parts.query))


def is_secret(name: str, value: str) -> bool:
    """Whether the value of a parameter may be a secret."""
    return is_named_as_a_secret(name) or looks_random(value)


def is_named_as_a_secret(name: str) -> bool:
    """Whether the name of a parameter says that its value is a secret."""
    words = [word.lower() for word in WORD.findall(name)]
    return any(word in SECRET_WORDS or word.endswith(SECRET_ENDINGS) for word in words)


def looks_random(text: str) -> bool:
    """Whether a text has a long part that nobody would choose as a name."""
    return any(MIXED.search(part) for part in LONG.findall(text))
