"""Settings: a mistake is said in a sentence, before anything is sent.

What the recipes check, and how they start and end, stands here once.
"""

import asyncio
import sys
from typing import Any
from urllib.parse import quote


def addresses(url: str, ids: Any) -> list[str]:
    """The address of each id.  Raises ``ValueError`` if the settings have none."""
    if "http" not in url or "{id}" not in url or "//api.example.com/" in url:
        raise ValueError("URL must be that of your API, with {id} in it")
    if not ids:
        raise ValueError("IDS must not be empty")
    return [url.replace("{id}", quote(str(id), safe="")) for id in ids]


def start(main: Any) -> Any:
    """Run the script; a mistake in its settings, or Ctrl-C, ends it with a sentence."""
    try:
        return asyncio.run(main())
    except (OSError, ValueError, KeyboardInterrupt) as end:
        sys.exit(f"{type(end).__name__}: {end}")
