"""Code of the snippet maker as a person uses it: pasted, its lines changed, and
started.
"""

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

WITHOUT_TQDM = "import runpy, sys; sys.modules['tqdm'] = None; runpy.run_path(sys.argv[1], run_name='__main__')"


def changed(
    code: str, *, url: str, ids: Iterable[object] = (), **settings: object
) -> str:
    """The code with its lines changed: the address or addresses, the ids, and settings
    by their names.
    """
    code = re.sub(
        r"^URLS = .*",
        lambda _: f"URLS = {[url.format(id=id) for id in ids]!r}",
        code,
        flags=re.M,
    )
    code = re.sub(r"^URL = .*", lambda _: f"URL = {url!r}", code, flags=re.M)
    code = re.sub(r"^IDS = .*", lambda _: f"IDS = {list(ids)!r}", code, flags=re.M)
    for name, value in settings.items():
        code = re.sub(
            rf"^((?:\w+, )*{name}\b.*= .*)",
            rf"\1\n{name} = {value!r}",
            code,
            count=1,
            flags=re.M,
        )
    return code


async def start(script: Path, *, tqdm: bool = True, **environment: str) -> Process:
    """Start a script in an interpreter of its own, in its folder, where warnings are
    errors.
    """
    how = [str(script)] if tqdm else ["-c", WITHOUT_TQDM, str(script)]
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", *how),
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
    """The ``Api`` of a snippet, on the virtual clock, with a client that has ``get``,
    for posts too.
    """
    names: dict[str, Any] = {}
    exec(code.partition("async def main")[0], names)
    names["time"] = SimpleNamespace(monotonic=virtual_loop().time)
    return names["Api"](SimpleNamespace(get=get, post=lambda url, **_: get(url)))
