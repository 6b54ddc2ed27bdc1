"""Numbers that user space knows: one module for each of Linux's user headers, only constants.

May import nothing. Values are those of Linux 3.2 on x86-64; what a later kernel added stands below
the comment "after Linux 3.2". A trailing underscore (in_, if_, time_) keeps Python's words free.
The .pxd twins are written by tools/gen_const_pxd.py. Read socket.py first, then in_.py and tcp.py.
"""
