"""Settings: a mistake is said in a sentence, before anything is sent.

What the recipes check, and how they start and end, stands here once.
"""

import asyncio
import os
import sys
from typing import Any
from urllib.parse import quote


def addresses(url: str, ids: Any) -> list[str]:
    """The address of each id.  Raises ``ValueError`` if the settings have none."""
    if "{id}" not in url or "example.com" in url or not ids:
        needed = "URL must be that of your API, with {id}, and IDS those of your items"
        raise ValueError(f"{needed}, got {url!r} and {ids!r:.50}")
    return [url.replace("{id}", quote(str(id), safe="")) for id in ids]


def filled_in(headers: dict[str, str]) -> dict[str, str]:
    """Headers with the variables of the environment that they name."""
    filled = {name: os.path.expandvars(value) for name, value in headers.items()}
    for value in filled.values():
        if "$" in value:
            raise ValueError(f"HEADERS: the environment has no variable for {value!r}")
    return filled


def start(main: Any) -> Any:
    """Run the script, and end it with a sentence at a mistake or at Ctrl-C."""
    has_waited: list[bool] = []  # for anything: before that, nothing was sent

    async def run() -> Any:
        asyncio.get_running_loop().call_soon(has_waited.append, True)
        try:
            return await main()
        except (OSError, ValueError) as mistake:
            if has_waited:
                raise
            sys.exit(f"Nothing was sent: {mistake}")

    try:
        return asyncio.run(run())
    except KeyboardInterrupt:
        sys.exit("Interrupted.")
