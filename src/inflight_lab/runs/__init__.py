"""What passes between rooms, as types: a run, its events, and how its API counts."""
