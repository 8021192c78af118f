"""The checks of the notebooks' exercises, and the calculator of limits."""
