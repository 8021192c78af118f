"""Runs drawn: live in the page, and as plain pictures that stay in a saved notebook."""
