"""Watches the requests of a client or a whole script, and says what stood out."""
