"""A client for each request; sound: one for all."""

import sys
from concurrent.futures import ThreadPoolExecutor

import httpx

ADDRESSES = [f"{sys.argv[1]}/items/{n}" for n in range(12)]

with httpx.Client() as client, ThreadPoolExecutor(3) as pool:
    list(pool.map(client.get if "sound" in sys.argv else httpx.get, ADDRESSES))
