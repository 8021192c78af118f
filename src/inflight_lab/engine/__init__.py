"""One run of any runner: its tasks, its outcomes, and a limit that can change in it."""
