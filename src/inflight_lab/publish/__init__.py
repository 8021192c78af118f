"""The series for those who install nothing: a site, and a student page."""
