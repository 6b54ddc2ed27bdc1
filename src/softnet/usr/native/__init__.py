"""The hand-written C of softnet: what no Python can do to a running CPython.

redef.c (built as _redef) redirects definitions of the standard library. Nothing else is C.
usr/redef.py is its one importer.
"""
