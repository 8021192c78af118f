"""Recipes: complete scripts for one job each, on the library's face.

Each is a page that you can print, change and own: ``inflight-lab snippet fetch_all``
prints it together with the few files that it uses.  `answers` and `settings` are two
of those; `snippet` prints.  ``edits/`` holds changes that people make, as diffs.
"""

RECIPES = {
    "fetch_all": "fetch many items, save each answer, continue after a stop",
    "ask_model": "ask a language model, within quotas of requests and of tokens",
    "with_requests": "fetch_all with requests, in threads",
    "on_a_cluster": "fetch_all on several machines, with dask workers and Redis",
    "paced": "keep to a rate and return the responses, nothing else",
}
"""What each recipe is for."""
