"""Prints all that requests says about good, refused and failed requests."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import requests
import urllib3
from requests.adapters import HTTPAdapter

URL = sys.argv[1]


def show(response):
    print(response.status_code, response.url, sorted(response.headers), response.text)
    print(len(response.history), sorted(vars(response)), sorted(vars(response.raw)))
    print(dict(response.request.headers))


def failures(session):
    addresses = [f"{URL}/{path}" for path in ("broken", "slow", "unavailable")]
    for address in ["http://127.0.0.1:9/", *addresses]:
        try:
            session.get(address, timeout=0.2 if "slow" in address else 60)
        except requests.RequestException as error:
            print(type(error), type(error.args[0]))


with requests.Session() as session:
    retries = urllib3.Retry(2, status_forcelist=[503], backoff_factor=0.01)
    session.mount(URL, HTTPAdapter(pool_maxsize=2, max_retries=retries))
    for path in ("ok", "away", "refused", "empty"):
        show(session.get(f"{URL}/{path}"))
    with session.get(f"{URL}/long", stream=True) as response:
        print(next(response.iter_content(10)))
    failures(session)
    with ThreadPoolExecutor(4) as threads:
        responses = threads.map(session.get, [f"{URL}/ok"] * 4)
        print([response.text for response in responses])
    print(threading.active_count())
print(urllib3.request("GET", f"{URL}/refused", retries=False).data)
requests.get(f"{URL}/refused").raise_for_status()
