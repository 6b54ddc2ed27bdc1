"""UDP: the protocol, its sockets' operations, its options and what /proc shows.

Linux: net/ipv4/udp.c, net/ipv4/udplite.c. RFC 768, RFC 3828.

Read udp_send and udp_recv for what happens to a datagram, udp_table for how ports are found. UDP-Lite
is the same code with another table, MIB and checksum: UdpProto and UdpProtocol twice.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import softnet.arch.const as const
import softnet.arch.csum as csum
import softnet.arch.mem as mem
import softnet.uapi.fcntl as fcntl
import softnet.uapi.in_ as in_
import softnet.uapi.poll as poll_
import softnet.uapi.snmp as snmp
import softnet.uapi.socket as socket_
import softnet.uapi.sockios as sockios
import softnet.uapi.tcp as tcp_
from softnet.fs.file import File, PollTable
from softnet.fs.proc import ProcEntry, proc_create
from softnet.net.core.datagram import datagram_poll
from softnet.net.core.skbuff import kfree_skb, pskb_may_pull, skb_checksum, skb_segment
from softnet.net.core.sock import (
    lock_sock,
    proto_register,
    release_sock,
    sk_common_release,
    sk_mem_reclaim_partial,
    sk_wmem_alloc_get,
)
from softnet.net.ipv4.datagram import ip4_datagram_connect, udp_disconnect
from softnet.net.ipv4.ip_sockglue import ip_getsockopt, ip_setsockopt
from softnet.net.ipv4.protocol import inet_add_protocol
from softnet.net.ipv4.sock_proc import SOCK_SEQ_HEADER, format_inet_sock
from softnet.net.ipv4.udp_recv import (
    udp4_lib_err,
    udp_checksum_ok,
    udp_queue_rcv_one_skb,
    udp_rcv,
    udp_recvmsg,
)
from softnet.net.ipv4.udp_send import (
    udp_flush_pending_frames,
    udp_push_pending_frames,
    udp_sendmsg,
)
from softnet.net.ipv4.udp_sock import (
    UDPLITE_BIT,
    UDPLITE_RECV_CC,
    UDPLITE_SEND_CC,
    UdpSock,
)
from softnet.net.ipv4.udp_table import (
    UdpTable,
    udp_lib_unhash,
    udp_mib,
    udp_table_net_init,
    udp_v4_get_port,
    udp_v4_rehash,
)
from softnet.structs.net_namespace import Net
from softnet.structs.protocol import NetProtocol
from softnet.structs.skbuff import SkBuff
from softnet.structs.sock import Proto, Sock
from softnet.structs.socket import MsgHdr, Sockaddr, Socket

if TYPE_CHECKING:
    from softnet.structs.netns_ipv4 import NetnsIpv4

UDP_HLEN = 8
UDP_CHECK = 6
UDPLITE_COVER_MIN = 8  # a checksum covers at least the header
UDP_MEM_PAGES_MIN = 128


class UdpProto(Proto):
    """udp_prot, udplite_prot"""

    __slots__ = ("lite",)

    lite: bool

    def __init__(self, name: str, lite: bool) -> None:
        Proto.__init__(self, name)
        self.lite = lite

    def alloc(self, net: Net, family: int) -> Sock:
        sk = UdpSock(self, net, family)
        if self.lite:
            sk.pcflag = UDPLITE_BIT
        return sk

    def init(self, sk: Sock) -> int:
        return 0

    def destroy(self, sk: Sock) -> None:
        """udp_destroy_sock()"""
        usk = sk
        assert isinstance(usk, UdpSock)
        slow = usk.pending or usk.backlog_first is not None
        if slow:
            lock_sock(usk)
            udp_flush_pending_frames(usk)
            release_sock(usk)

    def close(self, sk: Sock, timeout: int) -> None:
        """udp_lib_close()"""
        sk_common_release(sk)

    def connect(self, sk: Sock, addr: Sockaddr) -> int:
        return ip4_datagram_connect(sk, addr)

    def disconnect(self, sk: Sock, flags: int) -> int:
        return udp_disconnect(sk, flags)

    def ioctl(self, sk: Sock, cmd: int, arg: object) -> object:
        """udp_ioctl(): SIOCINQ answers the size of the next datagram, not of all."""
        assert isinstance(sk, UdpSock)
        if cmd == sockios.SIOCOUTQ:
            return sk_wmem_alloc_get(sk)
        if cmd == sockios.SIOCINQ:
            amount = first_packet_length(sk)
            return amount - UDP_HLEN if amount else 0
        raise OSError(errno.ENOTTY, "Inappropriate ioctl for device")

    def setsockopt(self, sk: Sock, level: int, optname: int, optval: bytes) -> int:
        assert isinstance(sk, UdpSock)
        if level == socket_.SOL_UDP or level == socket_.SOL_UDPLITE:
            return udp_lib_setsockopt(sk, optname, optval)
        return ip_setsockopt(sk, level, optname, optval)

    def getsockopt(self, sk: Sock, level: int, optname: int, optlen: int) -> bytes:
        assert isinstance(sk, UdpSock)
        if level == socket_.SOL_UDP or level == socket_.SOL_UDPLITE:
            return udp_lib_getsockopt(sk, optname, optlen)
        return ip_getsockopt(sk, level, optname, optlen)

    def sendmsg(self, sk: Sock, msg: MsgHdr, size: int) -> int:
        usk = sk
        assert isinstance(usk, UdpSock)
        return udp_sendmsg(usk, msg, size)

    def recvmsg(self, sk: Sock, msg: MsgHdr, size: int, flags: int) -> int:
        usk = sk
        assert isinstance(usk, UdpSock)
        return udp_recvmsg(usk, msg, size, flags)

    def backlog_rcv(self, sk: Sock, skb: SkBuff) -> int:
        usk = sk
        assert isinstance(usk, UdpSock)
        return udp_queue_rcv_one_skb(usk, skb)

    def unhash(self, sk: Sock) -> None:
        usk = sk
        assert isinstance(usk, UdpSock)
        udp_lib_unhash(usk)

    def rehash(self, sk: Sock) -> None:
        usk = sk
        assert isinstance(usk, UdpSock)
        udp_v4_rehash(usk)

    def get_port(self, sk: Sock, snum: int) -> int:
        usk = sk
        assert isinstance(usk, UdpSock)
        return udp_v4_get_port(usk, snum)

    def poll(self, file: File, sock: Socket, wait: PollTable | None) -> int:
        return udp_poll(file, sock, wait)

    def memory_limits(self, sk: Sock) -> list[int] | None:
        return sk.sk_net.ipv4.sysctl_udp_mem

    def rmem_min(self, sk: Sock) -> int:
        return sk.sk_net.ipv4.sysctl_udp_rmem_min

    def wmem_min(self, sk: Sock) -> int:
        return sk.sk_net.ipv4.sysctl_udp_wmem_min


def udp_poll(file: File, sock: Socket, wait: PollTable | None) -> int:
    """udp_poll(): datagram_poll(); but a reader that would block must not be promised a datagram
    whose checksum is wrong."""
    mask = datagram_poll(file, sock, wait)
    sk = sock.sk
    assert isinstance(sk, UdpSock)
    blocking = not file.f_flags & fcntl.O_NONBLOCK
    if (
        mask & poll_.POLLRDNORM
        and blocking
        and not sk.sk_shutdown & socket_.RCV_SHUTDOWN
        and first_packet_length(sk) == 0
    ):
        mask &= ~(poll_.POLLIN | poll_.POLLRDNORM)
    return mask


def first_packet_length(sk: UdpSock) -> int:
    """first_packet_length(): bytes of the next good datagram, 0 if there is none; bad ones go."""
    while True:
        skb = sk.sk_receive_queue.peek()
        if skb is None:
            return 0
        if udp_checksum_ok(skb):
            return skb.len
        udp_mib(sk).inc(snmp.UDP_MIB_INERRORS)
        sk.sk_drops += 1
        sk.sk_receive_queue.unlink(skb)
        kfree_skb(skb, const.SKB_DROP_REASON_UDP_CSUM)
        sk_mem_reclaim_partial(sk)


def udp_lib_setsockopt(sk: UdpSock, optname: int, optval: bytes) -> int:
    """udp_lib_setsockopt(): 0 or -errno."""
    if len(optval) < 4:
        return -errno.EINVAL
    val = int.from_bytes(optval[:4], "little", signed=True)
    if optname == tcp_.UDP_CORK:
        if val:
            sk.corkflag = True
        else:
            sk.corkflag = False
            lock_sock(sk)
            if sk.pending:
                udp_push_pending_frames(sk)
            release_sock(sk)
        return 0
    if optname == tcp_.UDP_ENCAP:
        return 0 if val == 0 else -errno.ENOPROTOOPT
    if optname not in (tcp_.UDPLITE_SEND_CSCOV, tcp_.UDPLITE_RECV_CSCOV) or not sk.pcflag:
        return -errno.ENOPROTOOPT
    if val != 0 and val < UDPLITE_COVER_MIN:
        val = UDPLITE_COVER_MIN
    elif val > const.U16_MAX:
        val = const.U16_MAX
    if optname == tcp_.UDPLITE_SEND_CSCOV:
        sk.pcslen = val
        sk.pcflag |= UDPLITE_SEND_CC
    else:
        sk.pcrlen = val
        sk.pcflag |= UDPLITE_RECV_CC
    return 0


def udp_lib_getsockopt(sk: UdpSock, optname: int, optlen: int) -> bytes:
    """udp_lib_getsockopt(): raises OSError."""
    if optname == tcp_.UDP_CORK:
        val = int(sk.corkflag)
    elif optname == tcp_.UDP_ENCAP:
        val = sk.encap_type
    elif optname == tcp_.UDPLITE_SEND_CSCOV:
        val = sk.pcslen
    elif optname == tcp_.UDPLITE_RECV_CSCOV:
        val = sk.pcrlen
    else:
        raise OSError(errno.ENOPROTOOPT, "Protocol not available")
    return val.to_bytes(4, "little")[: max(optlen, 0)]


# ---- the protocol


class UdpProtocol(NetProtocol):
    """udp_protocol, udplite_protocol"""

    __slots__ = ("proto",)

    proto: int

    def __init__(self, proto: int) -> None:
        NetProtocol.__init__(self)
        self.proto = proto

    def handler(self, skb: SkBuff) -> int:
        dev = skb.dev
        assert dev is not None
        ipv4 = dev.nd_net.ipv4
        if self.proto == in_.IPPROTO_UDP:
            return udp_rcv(skb, ipv4.udp_table, self.proto)
        return udp_rcv(skb, ipv4.udplite_table, self.proto)

    def err_handler(self, skb: SkBuff, info: int) -> None:
        dev = skb.dev
        assert dev is not None
        ipv4 = dev.nd_net.ipv4
        lite = self.proto != in_.IPPROTO_UDP
        udp4_lib_err(skb, info, ipv4.udplite_table if lite else ipv4.udp_table)

    def gso_send_check(self, skb: SkBuff) -> int:
        """udp4_ufo_send_check(): a super-packet from outside: have its checksum computed."""
        if not pskb_may_pull(skb, UDP_HLEN):
            return -errno.EINVAL
        p = skb.ptr
        o = skb.transport_header
        nh = skb.network_header
        saddr = mem.get32(p, nh + 12)
        daddr = mem.get32(p, nh + 16)
        skb.csum_start = o
        skb.csum_offset = UDP_CHECK
        pseudo = csum.csum_tcpudp_magic(saddr, daddr, skb.len, in_.IPPROTO_UDP, 0)
        mem.put16(p, o + UDP_CHECK, ~pseudo & 0xFFFF)
        skb.ip_summed = const.CHECKSUM_PARTIAL
        return 0

    def gso_segment(self, skb: SkBuff, features: int) -> SkBuff | None:
        """udp4_ufo_fragment(): cut into IP fragments. Devices cannot sum over several, so we do."""
        mss = skb.shinfo.gso_size
        if skb.len <= mss or not pskb_may_pull(skb, UDP_HLEN):
            return skb
        if features & const.NETIF_F_UFO:  # it only had to be verified: it came from outside
            skb.shinfo.gso_segs = (skb.len + mss - 1) // mss
            return None
        if skb.ip_summed == const.CHECKSUM_PARTIAL:
            start = skb.csum_start - skb.data
            check = csum.csum_fold(skb_checksum(skb, start, skb.len - start, 0))
            at = skb.csum_start + skb.csum_offset
            mem.put16(skb.ptr, at, check if check else const.CSUM_MANGLED_0)
            skb.ip_summed = const.CHECKSUM_NONE
        return skb_segment(skb, features)


# ---- /proc/net


class ProcUdp(ProcEntry):
    """/proc/net/udp"""

    __slots__ = ()

    def show(self, net: object) -> str:
        assert isinstance(net, Net)
        return udp_seq_show(net.ipv4.udp_table)


class ProcUdplite(ProcEntry):
    """/proc/net/udplite"""

    __slots__ = ()

    def show(self, net: object) -> str:
        assert isinstance(net, Net)
        return udp_seq_show(net.ipv4.udplite_table)


def udp_seq_show(table: object) -> str:
    """udp4_seq_show(): a row for each socket, by slot, the newest first."""
    assert isinstance(table, UdpTable)
    out = [f"{SOCK_SEQ_HEADER:<127s}\n"]
    for slot in range(len(table.hash)):
        sk = table.hash[slot]
        while sk is not None:
            if sk.sk_family == socket_.AF_INET:
                row = format_inet_sock(sk, f"{slot:5d}", sk.inet_dport, sk.inet_sport)
                out.append(f"{row:<127s}\n")
            nxt = sk.sk_next
            assert nxt is None or isinstance(nxt, UdpSock)
            sk = nxt
    return "".join(out)


# ---- init


udp_prot = UdpProto("UDP", False)
udplite_prot = UdpProto("UDP-Lite", True)
udp_protocol = UdpProtocol(in_.IPPROTO_UDP)
udplite_protocol = UdpProtocol(in_.IPPROTO_UDPLITE)


def udp_init() -> None:
    """Once per process."""
    err = inet_add_protocol(udp_protocol, in_.IPPROTO_UDP)
    assert err == 0
    err = inet_add_protocol(udplite_protocol, in_.IPPROTO_UDPLITE)
    assert err == 0
    proto_register(udp_prot)
    proto_register(udplite_prot)
    proc_create(ProcUdp("net/udp"))
    proc_create(ProcUdplite("net/udplite"))


def udp_mem_init(ipv4: NetnsIpv4, ram: int) -> None:
    """udp_init(): udp_mem in pages: 3/4, all and 3/2 of an eighth of the memory."""
    limit = max(ram // const.PAGE_SIZE // 8, UDP_MEM_PAGES_MIN)
    low = limit // 4 * 3
    ipv4.sysctl_udp_mem = [low, limit, low * 2]


def udp_net_init(net: Net) -> None:
    """Empty tables, and limits by the size of the memory."""
    udp_table_net_init(net)
    udp_mem_init(net.ipv4, net.machine.memory.size)
