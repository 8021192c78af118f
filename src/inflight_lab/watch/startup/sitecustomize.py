"""Python runs this as it starts, before a watched script: it begins to note, then steps out of the way."""

import contextlib
import importlib
import os
import sys

if __name__ == "sitecustomize":
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [folder for folder in sys.path if os.path.abspath(folder) != here]
    with contextlib.suppress(Exception):  # a script may start another Python, an older one or without this
        importlib.import_module("inflight_lab.watch.hooks").install()
    mine = sys.modules.pop("sitecustomize")
    try:
        importlib.import_module("sitecustomize")  # the environment's own, if it has one
    except ImportError:
        sys.modules["sitecustomize"] = mine
