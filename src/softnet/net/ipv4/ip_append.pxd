cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.csum as csum
cimport softnet.arch.mem as mem
cimport softnet.kernel.trace as trace
cimport softnet.uapi.in_ as in_
cimport softnet.uapi.rtnetlink as rtn
cimport softnet.uapi.snmp as snmp
cimport softnet.uapi.socket as socket_
from softnet.arch.types cimport i64, u8
from softnet.net.core.skbuff cimport (
    kfree_skb, pskb_trim, skb_copy_and_csum_bits, skb_fill_page_desc,
)
from softnet.net.core.sock cimport bh_lock_sock, bh_unlock_sock, sock_alloc_send_skb, sock_wmalloc
from softnet.net.ipv4.ip_output cimport (
    LL_RESERVED_SPACE, ip_dont_fragment, ip_local_out, ip_select_ident, ip_select_ttl,
)
from softnet.net.ipv4.route cimport ip_route_output_key
from softnet.structs.dst cimport DstEntry
from softnet.structs.flow cimport Flowi4
from softnet.structs.inet_sock cimport InetCork, InetSock, IpOptions
from softnet.structs.net_namespace cimport Net
from softnet.structs.netdevice cimport NetDevice
from softnet.structs.route cimport Rtable
from softnet.structs.skbuff cimport SkBuff, SkBuffHead
from softnet.structs.sock cimport Sock
from softnet.structs.socket cimport MsgHdr

cdef i64 CORK_OPT, SKB_SLACK, IP_MAX_LEN

@cython.final
cdef class IpcmCookie:
    cdef public i64 addr, oif
    cdef public IpOptions opt
    cdef public i64 tx_flags

@cython.final
cdef class IpReplyArg:
    cdef public bytes iov
    cdef public i64 csum, csumoffset, bound_dev_if, tos, flags

cdef class GetFrag:
    cpdef void getfrag(self, SkBuff skb, i64 to, i64 offset, i64 length, i64 odd) except *
    cpdef bytes page(self, i64 offset, i64 length)

cdef class UserFrom(GetFrag):
    cdef public MsgHdr msg
    cdef public i64 base

    @cython.locals(at=i64, s=i64)
    cpdef void getfrag(self, SkBuff skb, i64 to, i64 offset, i64 length, i64 odd) except *
    @cython.locals(at=i64, head=bytearray)
    cpdef bytes page(self, i64 offset, i64 length)

cdef class BytesFrom(GetFrag):
    cdef public bytes data

    @cython.locals(s=i64)
    cpdef void getfrag(self, SkBuff skb, i64 to, i64 offset, i64 length, i64 odd) except *

@cython.locals(queue=SkBuffHead, cork=InetCork, err=i64)
cpdef SkBuff ip_make_skb(InetSock sk, Flowi4 fl4, GetFrag from_, i64 length, i64 transhdrlen,
                         IpcmCookie ipc, Rtable rt, i64 flags)
@cython.locals(dev=NetDevice, room=i64, size=i64, skb=SkBuff, o=i64)
cpdef SkBuff ip_make_skb_whole(InetSock sk, Flowi4 fl4, MsgHdr msg, i64 length, i64 transhdrlen,
                               Rtable rt, i64 flags)
@cython.locals(cork=InetCork)
cpdef i64 ip_append_data(InetSock sk, Flowi4 fl4, GetFrag from_, i64 length, i64 transhdrlen,
                         IpcmCookie ipc, Rtable rt, i64 flags) except? -1
@cython.locals(dev=NetDevice)
cpdef int ip_setup_cork(InetSock sk, InetCork cork, IpcmCookie ipc, Rtable rt) except -1
cpdef int ip_cork_release(InetCork cork) except -1
@cython.locals(rt=Rtable, dev=NetDevice, opt=IpOptions, mtu=i64, hlen=i64, maxfraglen=i64,
               partial=bint, last=SkBuff)
cpdef i64 append_data(InetSock sk, Flowi4 fl4, SkBuffHead queue, InetCork cork, GetFrag from_,
                      i64 length, i64 transhdrlen, i64 flags) except? -1
@cython.locals(skb=SkBuff, rt=Rtable, dev=NetDevice, room=i64, size=i64, n=i64)
cpdef void ufo_append_data(InetSock sk, SkBuffHead queue, InetCork cork, GetFrag from_, i64 length,
                           i64 hlen, i64 transhdrlen, i64 maxfraglen, i64 flags) except *
@cython.locals(mtu=i64, offset=i64, skb=SkBuff, copy=i64, gap=i64, n=i64, old=i64, at=i64)
cpdef int append_linear(InetSock sk, SkBuffHead queue, InetCork cork, GetFrag from_, i64 length,
                        i64 hlen, i64 transhdrlen, i64 maxfraglen, i64 flags,
                        bint partial) except -1
@cython.locals(rt=Rtable, dev=NetDevice, room=i64, size=i64, skb=SkBuff, more=SkBuff, at=i64,
               s=i64, copy=i64)
cpdef SkBuff append_new_skb(InetSock sk, InetCork cork, GetFrag from_, i64 offset, i64 n, i64 gap,
                            SkBuff prev, i64 hlen, i64 transhdrlen, i64 maxfraglen, i64 flags,
                            bint partial)
@cython.locals(skb=SkBuff, hlen=i64, tail=SkBuff, piece=SkBuff, rt=Rtable, opt=IpOptions)
cpdef SkBuff make_skb(InetSock sk, Flowi4 fl4, SkBuffHead queue, InetCork cork)
@cython.locals(df=i64, ttl=i64, hlen=i64, o=i64)
cpdef int write_header(SkBuff skb, InetSock sk, Flowi4 fl4, Rtable rt, IpOptions opt,
                       i64 final) except -1
cpdef int icmp_out_count(Net net, i64 type) except -1
@cython.locals(dst=DstEntry, dev=NetDevice, net=Net, err=i64)
cpdef i64 ip_send_skb(SkBuff skb) except? -1
@cython.locals(cork=InetCork)
cpdef SkBuff ip_finish_skb(InetSock sk, Flowi4 fl4)
@cython.locals(skb=SkBuff)
cpdef i64 ip_push_pending_frames(InetSock sk, Flowi4 fl4) except? -1
@cython.locals(cork=InetCork)
cpdef int ip_flush_pending_frames(InetSock sk) except -1
@cython.locals(skb=SkBuff)
cpdef int flush_frames(SkBuffHead queue, InetCork cork) except -1
@cython.locals(rt=Rtable, opt=IpOptions, nh=i64, th=i64, daddr=i64, ipc=IpcmCookie, fl4=Flowi4,
               protocol=i64, from_=BytesFrom, err=i64, reply=SkBuff, check=i64, isk=InetSock)
cpdef void ip_send_reply(Sock sk, SkBuff skb, IpReplyArg arg, i64 length) except *
