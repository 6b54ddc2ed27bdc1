"""The hand-written C of softnet: what no Python can do.

redef.c (built as _redef) redirects definitions of the standard library; usr/redef.py is its one
importer. trap.c (_trap) starts real programs whose system calls stop; its one importer is
usr/binary/trap.py.
"""
