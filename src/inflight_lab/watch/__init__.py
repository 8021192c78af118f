"""Watch the requests of a client or of a whole script, live, and hear what stood out."""
