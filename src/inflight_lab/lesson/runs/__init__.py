"""The types that rooms share: a run, its events, and the terms of its API."""
