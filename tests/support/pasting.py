"""A recipe as a person uses it: pasted, and started."""

from __future__ import annotations

import ast
import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Any

WITHOUT_TQDM = """
import runpy, sys
sys.modules["tqdm"] = None
runpy.run_path(sys.argv[1], run_name="__main__")
"""


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
