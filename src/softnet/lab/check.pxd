cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.csum as csum
cimport softnet.arch.mem as mem
cimport softnet.uapi.if_ as if_
cimport softnet.uapi.if_ether as if_ether
cimport softnet.uapi.in_ as in_
from softnet.arch.types cimport i64, u8
from softnet.lab.check_acks cimport AckWatch
from softnet.lab.check_tcp cimport TcpWatch, check_tcp
from softnet.machine.cable cimport CableTap, Direction
from softnet.machine.event cimport Clock, WorldTap
from softnet.net.core.sch_generic cimport PfifoFast
from softnet.structs.net_namespace cimport Net
from softnet.structs.netdevice cimport Napi, NetDevice, NetdevQueue
from softnet.structs.sch_generic cimport Qdisc
from softnet.wire.ip cimport IpHdr, ip_view

cdef i64 ETH_HLEN, IP_FRAGMENT, UDP_CHECK, ALL_HOSTS


@cython.final
cdef class Suspect:
    cdef public object host
    cdef public Net net
    cdef public TcpWatch watch


@cython.final
cdef class FrameChecker(CableTap):
    cdef public i64 frames
    cdef AckWatch acks


@cython.final
cdef class Checker(WorldTap):
    cdef public Clock clock
    cdef public dict hosts
    cdef public i64 events
    cdef public FrameChecker cable_tap

    @cython.locals(suspect=Suspect)
    cdef int judge_all(self) except -1
    cdef int judge(self, Suspect suspect) except -1


@cython.locals(dev=NetDevice)
cdef int check_devices(list devices) except -1
@cython.locals(napi=Napi, queue=NetdevQueue)
cpdef int check_device(NetDevice dev) except -1
@cython.locals(scheduled=i64, armed=i64)
cdef int check_napi(NetDevice dev, Napi napi) except -1
@cython.locals(q=PfifoFast)
cdef void check_qdisc(NetDevice dev, Qdisc qdisc) except *
@cython.locals(
    buf=bytearray, iph=IpHdr, p="u8 *", hdrlen=i64, size=i64, at=i64, n=i64, proto=i64, s=i64
)
cpdef str frame_error(object frame)
