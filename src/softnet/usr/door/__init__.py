"""The other door: `_socket` replaced for a whole process, on the real clock.

    softnet run --socket prog.py ARGS
    softnet run --socket -m test test_socket

Every socket of AF_INET and AF_UNIX that the process makes lives on one softnet host. Its descriptor
is real: one end of a socket pair whose other end is ours and mirrors the socket's state (proxy.py),
so select, poll, epoll and what stands on them work unmodified, and so does every thread. Data
goes by system calls: the stack is entered under one lock (kernel.py), never sleeps, and who must
wait polls the real descriptor. Timers are kept by one thread (pump.py). A forked child calls its
parent's stack (remote.py), and so does what multiprocessing executes (spawned.py).

start.py puts it in place. module.py is the new _socket, sock.py its class, address.py what it takes
for addresses, rights.py the descriptors that travel, names.py the files of AF_UNIX names, files.py
the functions of os that meet such descriptors, tls.py ssl over them. Read kernel.py first.
"""
