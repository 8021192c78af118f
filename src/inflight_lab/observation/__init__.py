"""What happened to each request, and when: timelines, which plots and tests read."""
