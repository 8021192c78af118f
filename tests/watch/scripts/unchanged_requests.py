"""Prints all that requests says about good, refused and failed requests."""

import sys
import threading

import requests
import urllib3
from requests.adapters import HTTPAdapter

URL = sys.argv[1]
PATHS = ("ok", "away", "refused", "empty")


def show(response):
    print(response.status_code, response.url, sorted(response.headers), response.text)
    print(len(response.history), sorted(vars(response)), sorted(vars(response.raw)))
    print(dict(response.request.headers))


def failures(session):
    for path in ("broken", "slow"):
        try:
            session.get(f"{URL}/{path}", timeout=(60, 0.2))
        except requests.RequestException as error:
            print(type(error), error)
    for address in ("http://127.0.0.1:9/", f"{URL}/unavailable"):
        try:
            session.get(address)
        except requests.RequestException as error:
            print(type(error), type(error.args[0]))


def work(session, lines):
    lines.append(session.get(f"{URL}/ok").text)


with requests.Session() as session:
    retries = urllib3.Retry(2, status_forcelist=[503], backoff_factor=0.01)
    session.mount(URL, HTTPAdapter(pool_maxsize=2, max_retries=retries))
    for path in PATHS:
        show(session.get(f"{URL}/{path}"))
    with session.get(f"{URL}/long", stream=True) as response:
        print(next(response.iter_content(10)))
    failures(session)
    lines = []
    threads = [threading.Thread(target=work, args=(session, lines)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(lines, threading.active_count())
print(urllib3.request("GET", f"{URL}/refused", retries=False).data)
requests.get(f"{URL}/refused").raise_for_status()
