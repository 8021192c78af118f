"""What can stand out in a run: a small function for each, in files by theme.

Each takes the `RequestLog` of a run and returns a `Finding`, or None if there is
nothing to say.  `inflight_lab.watch.diagnosis` lists them all.
"""
