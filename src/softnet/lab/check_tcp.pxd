cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.kernel.timer cimport Timer, timer_pending
from softnet.net.ipv4.inet_hashtables cimport InetHashinfo
from softnet.net.ipv4.inet_timewait_sock cimport InetTimewaitDeathRow
from softnet.structs.net_namespace cimport Net
from softnet.structs.netns_tcp cimport NetnsTcp
from softnet.structs.skbuff cimport SkBuff, SkBuffHead
from softnet.structs.sock cimport ProtoMem, Sock
from softnet.structs.tcp cimport TcpSackBlock, TcpSock

cdef i64 UNASKED, SYNCHRONIZED, SENDING, SEEN_MAX


@cython.final
cdef class TcpLook:
    cdef i64 state, snd_una, write_seq, rcv_nxt, copied_seq, rcv_wup, snd_nxt
    cdef i64 packets_out, sacked_out, lost_out, retrans_out, fackets_out, snd_cwnd
    cdef i64 snd_ssthresh, rto, pending, timeout, ca_state, forward_alloc, wmem_queued
    cdef i64 rmem_alloc, mss_cache, snd_wnd, rcv_wnd, ack_pending

    cdef bint fits(self, TcpSock tp) except -1
    cdef int take(self, TcpSock tp) except -1
    cdef str went_back(self, TcpSock tp)


@cython.final
cdef class TcpWatch:
    cdef public dict seen
    cdef public list buckets

    @cython.locals(ehash=list, known=i64, i=i64)
    cdef list buckets_of(self, InetHashinfo hinfo)
    @cython.locals(look=TcpLook, error=str)
    cpdef bint changed(self, TcpSock tp) except -1
    @cython.locals(tp=TcpSock)
    cdef int forget_closed(self) except -1


@cython.locals(
    hinfo=InetHashinfo, row=InetTimewaitDeathRow, sk=Sock, listener=Sock, accounts=ProtoMem,
    used=i64, count=i64, owned=bint, i=i64,
)
cpdef void check_tcp(Net net, TcpWatch watch=*) except *
@cython.locals(i=i64)
cdef list occupied(InetHashinfo hinfo)
cpdef NetnsTcp tcp_sysctl(Net net)
cpdef bint armed(Timer timer) except -1
cpdef i64 charged(TcpSock sk) except? -1
cpdef void check_listener(TcpSock sk) except *
cpdef void check_sock(TcpSock tp) except *
@cython.locals(seqs=i64, out=i64)
cpdef void check_sequence(TcpSock tp) except *
@cython.locals(
    head=SkBuffHead, skb=SkBuff, prev=SkBuff, first=SkBuff, retransmit_hint=SkBuff, lost_hint=SkBuff,
    count=i64, out=i64, sacked=i64, lost=i64, retrans=i64, queued=i64, reach=i64, sent=bint, marks=i64,
    pcount=i64,
)
cpdef void check_write_queue(TcpSock tp) except *
@cython.locals(
    head=SkBuffHead, skb=SkBuff, prev=SkBuff, first=SkBuff, sack=TcpSackBlock, count=i64, size=i64,
    n=i64, i=i64,
)
cpdef void check_receive_queue(TcpSock tp) except *
@cython.locals(head=SkBuffHead, skb=SkBuff, prev=SkBuff, count=i64, size=i64)
cpdef i64 check_ofo_queue(TcpSock tp) except? -1
@cython.locals(timer=Timer)
cpdef void check_timers(TcpSock tp) except *
@cython.locals(head=SkBuff)
cpdef void check_extensions(TcpSock tp) except *
