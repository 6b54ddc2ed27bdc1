# The C twin of poll.py: edit that file, then run tools/gen_const_pxd.py.

cdef enum:
    POLLIN = 1
    POLLPRI = 2
    POLLOUT = 4
    POLLERR = 8
    POLLHUP = 16
    POLLNVAL = 32
    POLLRDNORM = 64
    POLLRDBAND = 128
    POLLWRNORM = 256
    POLLWRBAND = 512
    POLLMSG = 1024
    POLLREMOVE = 4096
    POLLRDHUP = 8192
    POLLFREE = 16384
    POLLIN_SET = 217
    POLLOUT_SET = 780
    POLLEX_SET = 2
    FD_SETSIZE = 1024
