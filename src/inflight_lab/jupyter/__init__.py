"""What notebooks, kernels and browser pages do in ways of their own, in one place."""
