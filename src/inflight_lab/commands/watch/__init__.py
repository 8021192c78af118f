"""Runs a script, or watches a client, and says why requests are refused or slow."""
