"""How APIs count requests, and the header fields in which they say so."""
