"""What a lesson stands on: the practice API, a run and its picture, checks."""
