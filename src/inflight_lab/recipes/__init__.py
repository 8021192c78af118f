"""Recipes: complete scripts for one job each, made of the ladder's classes.

Each is an ordinary file.  It holds only its own job and imports the rest: the ladder's
classes from ``runners/``, and from this room what several recipes share.  The command
``inflight-lab snippet RECIPE`` prints it as one file, which says at the top what to
install: usually httpx alone.

Recipes share `address`, `api`, `answers`, `model_api`, `order_api`, `prompts`,
`client`, `headers`, `as_httpx`, `results_file`, `pages`, `progress`, `report` and
`settings`.  What prints them is `snippet`, with `bundle`, `two_files`, `source` and
`imports`.
"""

RECIPES = {
    "fetch_all": "fetch many items, save each answer, continue after a stop",
    "follow_pages": "follow lists from page to page, continue after a stop",
    "many_hosts": "fetch_all for several hosts, each with its own pace and limit",
    "send_all": "send many items with POST, each of them once",
    "language_model": "ask many questions, within quotas of requests and tokens",
    "with_openai": "language_model with openai's client",
    "with_aiohttp": "fetch_all with an aiohttp session",
    "with_requests": "fetch_all with requests, in threads",
    "on_a_cluster": "fetch_all on several machines, with dask workers and Redis",
    "paced": "keep to a rate and return the results in order, nothing else",
}
"""What each recipe is for."""
