"""AF_UNIX: sockets between the programs of one host, which no packet and no device ever sees.

Linux: net/unix, and include/net/af_unix.h in structs/unix_sock. Read af_unix first, then

    unix_name    bind, autobind, whom a name leads to
    unix_life    a sock's beginning and end
    unix_conn    listen, connect, accept, shutdown
    unix_stream  SOCK_STREAM: bytes        unix_dgram   SOCK_DGRAM and SOCK_SEQPACKET: messages
    unix_scm     what travels with them    garbage      files that nobody can receive any more

Differs from Linux: neither unix_state_lock() nor u->readlock. No interrupt touches these sockets and
a task is interrupted only where it sleeps, so there is nothing for them to protect.
"""
