"""The tests: `pytest` runs them, `pytest --full` with the kernels and repeats that take
long.
"""
