"""What can stand out in a run: a small function for each, in files by theme.

Each takes the `RequestLog` of a run and returns a `Finding`, or None if there is
nothing to say.  A new one comes into effect when it is added to ``CHECKS`` in
`inflight_lab.watch.diagnosis`.
"""
