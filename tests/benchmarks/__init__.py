"""Measurements, each started by hand with ``python -m tests.benchmarks.NAME``; never
part of the tests.
"""
