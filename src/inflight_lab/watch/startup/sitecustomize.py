"""Python runs this as it starts, before a watched script.

It begins to note, then steps out of the way.
"""

import importlib
import os
import sys

# A script may start an older Python, which cannot be watched.
if __name__ == "sitecustomize" and sys.version_info >= (3, 11):
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [folder for folder in sys.path if os.path.abspath(folder) != here]
    # The environment of a script may lack inflight_lab.
    sys.path.append(os.path.join(here, *[os.pardir] * 3))
    importlib.import_module("inflight_lab.watch.hooks").install()
    sys.path.pop()
    mine = sys.modules.pop("sitecustomize")
    try:
        importlib.import_module("sitecustomize")  # the environment's own, if it has one
    except ImportError:
        sys.modules["sitecustomize"] = mine
