# The script to leave with.  It runs as it stands; without the marks: `inflight-lab snippet`.
# A mark at the end of a line says which choices need it: see `snippets/__init__.py`.
# ruff: noqa: I001, PT018, RET503 (imports are sorted once the marks are gone; the eighth attempt returns)

"""Fetch many items from an API, within its quota.  Started again, it goes on where it stopped."""  #? quotas and save
#| not (quotas and save) | """Fetch many items from an API."""

import asyncio
#| tokens | import contextlib
import functools  #? retries
import json  #? save
import os
import random  #? retries
#| tokens | import re
import time  #? quotas or retries
#| tokens | from collections import deque
#| tokens | from collections.abc import AsyncIterator, Callable
from email.utils import formatdate, mktime_tz, parsedate_tz  #? retries
#| tokens | from functools import partial
#| tokens | from typing import Any
from urllib.parse import quote  #? not per_host

import httpx

try:  #? progress
    from tqdm import tqdm
except ImportError:  #? progress
    tqdm = None  # plain lines will do

URL = "https://api.example.com/items/{id}"  # Change these three lines.  {id} is filled in.  #? not per_host
IDS = range(1, 3001)  #? not (per_host or tokens)
#| tokens | IDS = ["What is a semaphore?", "What is a quota?"]
#| tokens | ASK = {"model": "practice", "max_tokens": 300}  # the less it may answer, the more fit
#| per_host | URLS = ["https://api.example.com/items/1", "https://api.example.org/items/1"]
QUOTAS, LIMIT, FILE = [(100, 1)], 50, "results.jsonl"

HEADERS = {"User-Agent": f"my-script/1.0 ({os.environ.get('API_CONTACT', 'no address given')})".encode()}
if token := "".join(os.environ.get("API_TOKEN", "").split()):  # without a newline at its end  #? not per_host
    HEADERS["Authorization"] = f"Bearer {token}"
LOST = httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError  #? retries
SPACING = 1.0125 * min(seconds / count for count, seconds in QUOTAS)  #? pace
#| tokens | BUDGETS


class Api:  # what all requests to it share
    def __init__(self, client):
        self.client, self.limiter, self.turn = client, asyncio.Semaphore(LIMIT), asyncio.Lock()  #? pace
        #| not pace | self.client, self.limiter = client, asyncio.Semaphore(LIMIT)
        self.due, self.quickest, self.got, self.say_once = 0.0, float("inf"), None, functools.cache(print)  #? pace and retries
        #| pace and not retries | self.due, self.quickest = 0.0, float("inf")
        #| retries and not pace | self.due, self.got, self.say_once = 0.0, None, functools.cache(print)
        self.log = [[float("-inf")] * 2] * (LIMIT + max(count for count, _ in QUOTAS))  # sent, ended  #? pace

    async def fetch(self, item):  # adds "status" and "data", or "error" if it is not settled
        async with self.limiter:
            for attempt in range(8):  #^ retries
                async with self.turn:  # one after the other, evenly, none while the API asks to wait  #^ pace
                    for count, seconds in QUOTAS:  #? pace
                        now, oldest = time.monotonic(), self.log[-count - LIMIT :][: 2 * LIMIT + 1]
                        counted = sorted(max(sent, min(ended, now) - self.quickest) for sent, ended in oldest)
                        self.due = max(self.due, counted[LIMIT] + 1.01 * seconds)
                    while (wait := self.due - time.monotonic()) > 0:  #? pace or retries
                        if wait > max(600, *(1.02 * seconds for _, seconds in QUOTAS)):  #? retries and pace
                            return item | {"error": "not sent: given up after another error"}
                        #| retries and not pace | if wait > 600:
                        #| retries and not pace |     return item | {"error": "not sent: given up after another error"}
                        await asyncio.sleep(wait)
                    self.log = [*self.log[1:], times := [time.monotonic(), float("inf")]]  #? pace
                    self.due = max(self.due, times[0] - 7 * SPACING) + SPACING  # late ones catch up, a little  #? pace
                try:
                    response = self.got = await self.client.get(item["url"])  #? retries and not tokens
                    #| not (retries or tokens) | response = await self.client.get(item["url"])
                    #| retries and tokens | response = self.got = await self.client.post(item["url"], json=ASK | item["asked"])
                    #| tokens and not retries | response = await self.client.post(item["url"], json=ASK | item["asked"])
                    if (status := response.status_code) in (200, 404, 410):
                        self.quickest = min(self.quickest, time.monotonic() - times[0])  #? pace
                        return item | {"status": status, "data": response.json() if status == 200 else None}
                    #| not retries | return item | {"error": f"status {status}"}
                    error, asked = f"status {status}", response.headers.get("Retry-After", "")  #? retries
                    until, now = map(parsedate_tz, (asked, response.headers.get("Date") or formatdate()))  #? retries
                    number = asked if asked.replace(".", "", 1).isdecimal() else "0"  #? retries
                    pause = mktime_tz(until) - mktime_tz(now) if until and now else float(number)  #? retries
                    self.due = max(self.due, time.monotonic() + pause if status != 401 else float("inf"))  #? retries
                    again = pause <= 600 and (asked or status in (429, 502, 503, 504))  #? retries
                except Exception as failure:  # no JSON, for example: the next answer would be the same
                    #| not retries | return item | {"error": repr(failure)}
                    error, pause, again = repr(failure), 0, isinstance(failure, LOST)  #? retries
                    self.due = self.due if self.got or attempt < 7 or error[:7] != "Connect" else float("inf")  #? retries
                finally:  #? pace
                    times[1] = time.monotonic()
                if attempt == 7 or not again:  #? retries
                    return item | {"error": error}
                self.say_once(f"\n{error}: trying again", flush=True)  #? retries
                await asyncio.sleep(max(0, pause) + random.uniform(0, min(30, 2**attempt / 2)))  #? retries


async def main():
    quoted = {quote(str(id), safe="").replace(".", "%2E"): id for id in IDS}  # ".." alone leads elsewhere  #? not per_host
    items = [{"id": id, "url": URL.replace("{id}", text)} for text, id in quoted.items()]  #? not per_host
    #| tokens | for item in items:
    #| tokens |     item["asked"] = {"messages": [{"role": "user", "content": item["id"]}]}
    #| per_host | items = [{"url": url} for url in dict.fromkeys(URLS)]
    assert 0 < len(items) == len({item["url"] for item in items}), "nothing to fetch, or no {id} in URL"
    api = Api(httpx.AsyncClient(headers=HEADERS, timeout=30, limits=httpx.Limits()))  # no limit but LIMIT  #? not (per_host or tokens)
    #| tokens | api = Api(httpx.AsyncClient(headers=HEADERS, timeout=30, transport=Budgets(**QUOTAS)))
    #| per_host | client = httpx.AsyncClient(headers=HEADERS, timeout=30, limits=httpx.Limits())  # no limit but LIMIT
    #| per_host | hosts = {httpx.URL(item["url"]).host for item in items}
    #| per_host | apis = {host: Api(client) for host in hosts}
    with open(FILE, "a+", encoding="ascii", newline="\n") as file:  #^ save
        try:  #? save
            file.seek(0)
            if hasattr(os, "lockf"):
                os.lockf(file.fileno(), os.F_TLOCK, 0)
            *lines, torn = file.read().split("\n")
            done = {line["url"]: line for line in map(json.loads, lines) if "error" not in line}
            assert set(done) <= {item["url"] for item in items} and json.dumps(items[0]).startswith(torn[:6])
        except Exception as error:  #? save
            raise ValueError(f"{FILE!r} is in use, or holds something else: name another file") from error
        file.truncate(file.tell() - len(torn))  # a line that was cut short  #? save
        #| save and per_host | todo = [item for item in items if item["url"] not in done]
        #| per_host | async with client, asyncio.TaskGroup() as group:
        async with api.client, asyncio.TaskGroup() as group:  #^ not per_host
            tasks = [group.create_task(api.fetch(item)) for item in items if item["url"] not in done]  #? save and not per_host
            #| not save and not per_host | tasks = [group.create_task(api.fetch(item)) for item in items]
            #| save and per_host | tasks = [group.create_task(apis[httpx.URL(item["url"]).host].fetch(item)) for item in todo]
            #| per_host and not save | tasks = [group.create_task(apis[httpx.URL(item["url"]).host].fetch(item)) for item in items]
            coming = asyncio.as_completed(tasks)  #? progress
            #| not order and not progress | for task in asyncio.as_completed(tasks):
            for number, task in enumerate(tqdm(coming, total=len(tasks)) if tqdm else coming, 1):  #^ progress
                #| order and progress | await task
                print(json.dumps(outcome := await task), file=file, flush=True)  #? save
                done[outcome["url"]] = outcome  #? save
                #| as_completed | print(await task)  # what you do with it
                if not tqdm and (number % 100 == 0 or number == len(tasks)):  #? progress
                    print(f"{number} of {len(tasks)}")
    return [done[item["url"]] for item in items]  #? save
    #| order | return [task.result() for task in tasks]


if __name__ == "__main__":  # this file may be imported, by a tool for one; what is pasted is not  #^ False
    results = asyncio.run(main())  # one outcome each, in order: use them here  #? not notebook and not as_completed
    raise SystemExit({outcome["error"] for outcome in results if "error" in outcome} or None)  #? not notebook and not as_completed
    #| notebook and not as_completed | results = await main()
    #| notebook and not as_completed | print({outcome["error"] for outcome in results if "error" in outcome} or "nothing is missing")
    #| notebook and as_completed | await main()
    #| as_completed and not notebook | asyncio.run(main())
