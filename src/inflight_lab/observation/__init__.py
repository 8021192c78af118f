"""What happened to each request, and when: the timelines that plots, tables and tests read."""
