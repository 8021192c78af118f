"""Extras: how to get what a plain installation leaves out, wherever this one is."""

import importlib.metadata
import json
import sys
from importlib.util import find_spec
from urllib.parse import urlsplit
from urllib.request import url2pathname


def needs_more(what: str, extra: str, error: ModuleNotFoundError) -> str:
    """Say in one line what ``what`` lacks, and the command that brings it."""
    return f"{what} needs more: {how_to_install(extra)} ({error})"


def how_to_install(extra: str) -> str:
    """The command that adds an extra of this package to the Python that runs now.

    An installation notes where it came from: a clone, a file, or else an index.
    Source: PEP 610, ``direct_url.json``.
    """
    if sys.platform == "emscripten":
        return "a Python outside of the browser"
    noted = importlib.metadata.distribution("inflight-lab").read_text("direct_url.json")
    origin = json.loads(noted or "{}")
    wanted = f'"inflight-lab[{extra}]"'
    if origin.get("dir_info", {}).get("editable"):
        clone = url2pathname(urlsplit(origin["url"]).path)
        wanted = f'-e "{clone}[{extra}]"'
    elif origin:
        wanted = f'"inflight-lab[{extra}] @ {origin["url"]}"'
    if find_spec("pip") is None:  # uv's environments have none
        return f'uv pip install --python "{sys.prefix}" {wanted}'
    return f'"{sys.executable}" -m pip install {wanted}'
