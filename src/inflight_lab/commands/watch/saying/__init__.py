"""Says what stood out in the notes, and prints what fixes it."""
