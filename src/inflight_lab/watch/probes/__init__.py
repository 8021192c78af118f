"""Watches requests where they are sent: one probe for each library.

`probe` is what they share; a library's own file says where in the library it listens.
"""
