"""Code of the snippet maker as a person uses it: pasted, changed and started."""

from __future__ import annotations

import ast
import asyncio
import os
import re
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx

from tests.support.virtual_clock import virtual_loop

WITHOUT_TQDM = """
import runpy, sys
sys.modules["tqdm"] = None
runpy.run_path(sys.argv[1], run_name="__main__")
"""


def changed(
    code: str, *, url: str, ids: Iterable[object] = (), **settings: object
) -> str:
    """The code with other values: the address or addresses, the ids, and settings by
    their names.
    """
    ids = list(ids)
    code = _replaced(code, "URLS", [url.replace("{id}", str(id)) for id in ids])
    code = _replaced(code, "URL", url)
    code = _replaced(code, "IDS", ids)
    for name, value in settings.items():
        # After its line, which may set several names at once.
        line = re.compile(rf"^((?:\w+, )*{name}\b.*= .*)", re.M)
        code = line.sub(rf"\1\n{name} = {value!r}", code, count=1)
    return code


def _replaced(code: str, name: str, value: object) -> str:
    """The code with another value in the line that sets ``name``, if there is one."""
    line = f"{name} = {value!r}"
    return re.sub(rf"^{name} = .*", lambda _: line, code, flags=re.M)


async def start(script: Path, *, tqdm: bool = True, **environment: str) -> Process:
    """Start a script in its folder, by itself; warnings are errors there."""
    command = [sys.executable, "-W", "error"]
    if not tqdm:
        command += ["-c", WITHOUT_TQDM]
    return await asyncio.create_subprocess_exec(
        *command,
        str(script),
        cwd=script.parent,
        env=os.environ | environment,
        stdout=PIPE,
        stderr=PIPE,
    )


async def run(
    script: Path, *, tqdm: bool = True, **environment: str
) -> tuple[int | None, str, str]:
    """The same, to its end: exit status, standard output, standard error."""
    process = await start(script, tqdm=tqdm, **environment)
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def run_cell(code: str) -> dict[str, Any]:
    """Run a notebook cell's code on this loop; returns its names."""
    names: dict[str, Any] = {}
    compiled = compile(code, "<cell>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    result = eval(compiled, names)
    if asyncio.iscoroutine(result):
        await result
    return names


def api_on_virtual_clock(
    code: str, get: Callable[[str], Awaitable[httpx.Response]]
) -> Any:
    """A snippet's ``Api`` on the virtual clock; ``get`` answers its posts as well."""
    names: dict[str, Any] = {}
    exec(code.partition("async def main")[0], names)
    names["time"] = SimpleNamespace(monotonic=virtual_loop().time)
    return names["Api"](SimpleNamespace(get=get, post=lambda url, **_: get(url)))
