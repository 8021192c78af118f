"""Recipes: complete scripts for one job each, made of the ladder's classes.

Each is an ordinary file.  It holds its own job and imports the rest: the ladder's
classes from ``runners/``, and from this room what several recipes share.  The command
``inflight-lab snippet RECIPE`` prints it as one file, which says what to install:
httpx, and nothing more unless its name says so.

Recipes share `address`, `api`, `answers`, `model_api`, `order_api`, `prompts`,
`client`, `as_httpx`, `results_file`, `pages`, `progress`, `report` and `settings`.
What prints them is `snippet`, with `bundle`, `two_files`, `source` and `imports`.
"""

RECIPES = {
    "fetch_all": "fetch many items, save each answer, go on after a stop",
    "follow_pages": "follow lists from page to page, go on after a stop",
    "many_hosts": "as fetch_all, from several hosts, each with its own pace and limit",
    "send_all": "send many items with POST, each of them once",
    "language_model": "ask many questions, within quotas of requests and tokens",
    "with_openai": "the same with openai's client",
    "with_aiohttp": "as fetch_all, with aiohttp's session",
    "with_requests": "as fetch_all, with requests, in threads",
    "on_a_cluster": "fetch_all with several machines: dask workers, and a Redis",
    "paced": "only a rate, results in order",
}
"""What each recipe is for."""
