"""AF_UNIX: sockets between the programs of one host, which no packet and no device ever sees.

Linux: net/unix. Read af_unix first.
"""
