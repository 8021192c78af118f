"""How APIs count requests."""
