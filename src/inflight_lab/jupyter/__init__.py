"""What notebooks, their kernels and browser pages do in ways of their own, put right in one place."""
