"""Runs scripts in turn, each in a fork of this process, and notes how they ended."""

import asyncio  # noqa: F401  # so that the scripts need not
import json
import os
import runpy
import sys
import traceback

import httpx  # noqa: F401


def run(folder, script, *arguments):
    """Run a script as if alone.  Returns its exit status."""
    os.chdir(folder)
    sys.argv = [script, *arguments]
    sys.path[0] = os.path.dirname(script)
    try:
        runpy.run_path(script, run_name="__main__")
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


ended = []
for command in json.loads(sys.argv[1]):
    process = os.fork()
    if not process:
        status = run(*command)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    ended.append((process, status))
with open(sys.argv[2], "w") as results:
    json.dump(ended, results)
