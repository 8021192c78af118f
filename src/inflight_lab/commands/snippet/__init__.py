"""Prints a recipe or a rung as one script."""
