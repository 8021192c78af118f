"""Executes any runner: its tasks, its outcomes, and a limit that can change."""
