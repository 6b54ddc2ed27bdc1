cimport cython
cimport softnet.uapi.if_ether as if_ether
cimport softnet.uapi.in_ as in_
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.wire.ip cimport IpHdr, ip_view
from softnet.wire.tcp cimport TcpHdr, tcp_view

cdef tuple NEWS
cdef i64 ETH_HLEN, IP_FRAGMENT, HEADERS, WAR, PEACE_NS, TALKS_MAX


@cython.final
cdef class Talk:
    cdef tuple said, heard
    cdef i64 last, turns, since

    cdef int speak(self, i64 who, tuple words, i64 when) except -1
    cdef bint is_war(self, i64 when) except -1


@cython.final
cdef class AckWatch:
    cdef dict talks

    @cython.locals(
        iph=IpHdr, tcph=TcpHdr, saddr=i64, daddr=i64, source=i64, dest=i64, who=i64,
        key=tuple, pure=bint, talk=Talk, words=tuple,
    )
    cpdef str error(self, bytearray buf, i64 when)
