"""Which of the dialects of the practice server a real API has."""

DIALECT_BY_HOST = {
    "api.openai.com": "openai",
    "openai.azure.com": "azure",
    "api.anthropic.com": "anthropic",
    "api.github.com": "github",
    "generativelanguage.googleapis.com": "gemini",
}
"""A host below one of these, such as ``eu.api.openai.com``, has the same."""


def dialect_of(host: str) -> str:
    """Its name; "" if it is not known."""
    name, _, _port = host.partition(":")
    for known, dialect in DIALECT_BY_HOST.items():
        if name == known or name.endswith(f".{known}"):
            return dialect
    return ""
