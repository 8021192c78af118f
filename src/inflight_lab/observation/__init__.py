"""Timelines: what happened to each request, and when."""
