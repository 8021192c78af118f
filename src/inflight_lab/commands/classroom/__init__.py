"""A class at one practice server: a page for phones, and one for the wall."""
