"""A recipe as a person uses it: pasted, and started."""

from __future__ import annotations

import ast
import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Any


async def start(script: Path, **environment: str) -> Process:
    """Start a script in its folder, by itself; warnings are errors there."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "error", str(script)),
        cwd=script.parent,
        env=os.environ | environment,
        stdout=PIPE,
        stderr=PIPE,
    )


async def run(script: Path, **environment: str) -> tuple[int | None, str, str]:
    """Run a script to its end: exit status, standard output, standard error."""
    process = await start(script, **environment)
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


async def run_cell(code: str, **names: Any) -> dict[str, Any]:
    """Run a notebook cell's code on this loop, with these names; returns them all."""
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    compiled = compile(code, "<cell>", "exec", flags, dont_inherit=True)
    result = eval(compiled, names)
    if asyncio.iscoroutine(result):
        await result
    return names
