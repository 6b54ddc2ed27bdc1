"""Files: what a descriptor leads to, and the waiting that select, poll and epoll do on it.

Linux: fs/{file,file_table,select,eventpoll,pipe,splice,eventfd}.c, fs/proc.

Knows the kernel layer below it and nothing of networking: a socket is a File whose FileOps come
from net/socket. /proc is a registry that the owners of the numbers fill. Read file first.
"""
