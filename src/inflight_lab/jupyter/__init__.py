"""Everything that is different in a notebook's cell or in a browser page."""
