"""The hand-written C of softnet: what no Python can do to a running CPython.

redef.c (built as _redef) redirects definitions of the standard library. Nothing else is C.
SOFTNET_NATIVE names the folder that holds the built module when it does not lie here: sources
run uncompiled from a checkout, whose tree nothing is built into.
"""

import os

if os.environ.get("SOFTNET_NATIVE"):
    __path__.append(os.environ["SOFTNET_NATIVE"])
