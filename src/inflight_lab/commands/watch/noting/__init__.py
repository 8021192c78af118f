"""Notes what a script sends, and what an API says about its quota."""
