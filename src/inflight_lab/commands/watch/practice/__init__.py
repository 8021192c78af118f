"""Keeps a script in: made-up answers to its requests, and copies of its files."""
