# The C twin of eventpoll.py: edit that file, then run tools/gen_const_pxd.py.

cdef enum:
    EPOLL_CLOEXEC = 0x80000
    EPOLL_CTL_ADD = 1
    EPOLL_CTL_DEL = 2
    EPOLL_CTL_MOD = 3
    EPOLL_EVENT_LEN = 12
    EP_MAX_NESTS = 4
    EPOLLIN = 1
    EPOLLPRI = 2
    EPOLLOUT = 4
    EPOLLERR = 8
    EPOLLHUP = 16
    EPOLLNVAL = 32
    EPOLLRDNORM = 64
    EPOLLRDBAND = 128
    EPOLLWRNORM = 256
    EPOLLWRBAND = 512
    EPOLLMSG = 1024
    EPOLLRDHUP = 8192
    EPOLLONESHOT = 0x40000000
    EPOLLEXCLUSIVE = 0x10000000
    EPOLLWAKEUP = 0x20000000

cdef extern from *:
    const Py_ssize_t EPOLLET "0x80000000L"
