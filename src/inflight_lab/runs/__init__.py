"""What passes between rooms, as types: a run, what happened in it, and how its API counts."""
