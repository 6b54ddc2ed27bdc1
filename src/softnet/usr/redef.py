"""The C extension native/_redef, wherever it was built; what stands in for it where it was not.

SOFTNET_NATIVE names the folder of the built module when it does not lie in native/: sources that
run from a checkout, whose tree nothing is built into. Without the extension redef_pure.py does its work
where it can; elsewhere every module of usr/ can be imported and install() says what is missing.
SOFTNET_REDEF=pure passes the extension by.
"""

from __future__ import annotations

import os

from softnet.usr import native

if os.environ.get("SOFTNET_NATIVE"):
    native.__path__.append(os.environ["SOFTNET_NATIVE"])

NATIVE = False
try:
    if os.environ.get("SOFTNET_REDEF") == "pure":
        raise ImportError("not wanted")
    from softnet.usr.native import _redef as backend

    NATIVE = True
except ImportError:
    from softnet.usr import absent, redef_pure

    backend = redef_pure if redef_pure.works else absent

AFTER = backend.AFTER
EPOLL = backend.EPOLL
FD = backend.FD
INSTANCE = backend.INSTANCE
SIM_FD = backend.SIM_FD
SOCKET = backend.SOCKET
USER = backend.USER
Context = backend.Context
Redirect = backend.Redirect
add_waiters = backend.add_waiters
back_idents = backend.back_idents
check_layout = backend.check_layout
current = backend.current
epoll_set = backend.epoll_set
kernel_call = backend.kernel_call
learn_types = backend.learn_types
mute_me = backend.mute_me
set_mute_hook = backend.set_mute_hook
set_outside_hook = backend.set_outside_hook
set_slots = backend.set_slots
sock_direct = backend.sock_direct
sock_get = backend.sock_get
sock_set = backend.sock_set
sock_set_timeout = backend.sock_set_timeout
sock_take = backend.sock_take
switch_in = backend.switch_in
switch_out = backend.switch_out
user_call = backend.user_call
user_mode = backend.user_mode
watch_escapes = backend.watch_escapes
