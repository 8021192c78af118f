"""The series as a site, for those who install nothing."""
