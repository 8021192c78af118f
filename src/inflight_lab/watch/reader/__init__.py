"""The reader of refusals that watch was built on, until it is rewritten without."""
