"""The series for those who install nothing: a site, static pages, and a page with the panel alone."""
