"""The series for those who install nothing: a site, pages to read, a student page."""
