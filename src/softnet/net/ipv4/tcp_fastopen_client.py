"""TCP Fast Open for clients, Linux 3.6: sendto(MSG_FASTOPEN) instead of connect() and send().

Linux: net/ipv4/tcp_output.c (tcp_send_syn_data), tcp_input.c (tcp_rcv_fastopen_synack),
tcp_fastopen.c (tcp_fastopen_defer_connect). RFC 7413 4.2.

The SYN carries the data if a cookie of the server is known (or none is wanted), else it asks for
one. Behind the SYN in the write queue lies the data alone: what the SYN-ACK does not acknowledge is sent
again from there. A SYN that is repeated is a plain one. After two losses in a row the server is left
in peace for a while.
"""

from __future__ import annotations

import errno

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.uapi.snmp as snmp
import softnet.uapi.tcp as tcp
from softnet.kernel.timer import jiffies
from softnet.net.core.skbuff import pskb_copy, skb_header_release
from softnet.net.core.sock import sk_mem_charge
from softnet.net.core.stream import sk_stream_alloc_skb
from softnet.net.ipv4.tcp_fastopen import (
    TFO_CLIENT_ENABLE,
    TFO_CLIENT_NO_COOKIE,
    TcpFastopenRequest,
    tcp_fastopen_cache_get,
    tcp_fastopen_cache_set,
)
from softnet.net.ipv4.tcp_options import tcp_parse_fastopen_option, tcp_parse_options
from softnet.net.ipv4.tcp_output import tcp_transmit_skb
from softnet.structs.skbuff import SkBuff
from softnet.structs.tcp import TcpSock, new_tcp_options

SYN_LOSSES_MAX = 1  # more in a row, and data waits for the handshake: 60 s << losses
SYN_LOSSES_SHIFT = 10  # the pause doubles so often: 17 hours
SYN_LOSS_PAUSE = 60 * const.HZ


def tcp_connect_queue_skb(tp: TcpSock, skb: SkBuff) -> None:
    """Put the SYN, or the data that goes with it, on the write queue as sent."""
    skb_header_release(skb)
    tp.sk_write_queue.queue_tail(skb)
    tp.sk_wmem_queued += skb.truesize
    sk_mem_charge(tp, skb.truesize)
    tp.write_seq = skb.end_seq
    tp.packets_out += 1


def tcp_send_syn_data(tp: TcpSock, syn: SkBuff) -> int:
    """Send syn, which is queued: with data, or asking for a cookie, or as it is. As transmit_skb."""
    fo = tp.fastopen_req
    assert isinstance(fo, TcpFastopenRequest)
    without_cookie = tp.sysctl.fastopen & TFO_CLIENT_NO_COOKIE != 0
    fo.cookie = tcp_fastopen_choose(tp)
    if without_cookie and fo.cookie is not None:
        fo.cookie = None
        if fo.size and tcp_syn_with_data(tp, syn, fo):
            return 0
    elif fo.cookie and fo.size:
        if tcp_syn_with_data(tp, syn, fo):
            fo.cookie = None  # a repeated SYN is a plain one
            return 0
        fo.cookie = b""
    err = tcp_transmit_skb(tp, syn, True)
    if err:
        tp.syn_fastopen = False
    fo.cookie = None
    if fo.size == 0:
        tp.fastopen_req = None  # connect() asked for a cookie, no send() waits for it
    return err


def tcp_fastopen_choose(tp: TcpSock) -> bytes | None:
    """The cookie to send, b"" to ask for one, None to leave Fast Open alone. Takes the known MSS."""
    rx_opt = tp.rx_opt
    rx_opt.mss_clamp = tp.advmss
    known = tcp_fastopen_cache_get(tp)
    if known is None:
        return b""
    if known.mss:
        rx_opt.mss_clamp = known.mss
    losses = known.syn_loss
    if losses > SYN_LOSSES_MAX and jiffies() < known.last_syn_loss + (
        SYN_LOSS_PAUSE << min(losses, SYN_LOSSES_SHIFT)
    ):
        return None
    return known.cookie


def tcp_syn_with_data(tp: TcpSock, syn: SkBuff, fo: TcpFastopenRequest) -> bool:
    """Send as much of fo's data as one SYN takes, and queue it; False if nothing went out.

    The most that options can take is left free: a box on the way may add some.
    """
    rx_opt = tp.rx_opt
    if rx_opt.user_mss and rx_opt.user_mss < rx_opt.mss_clamp:
        rx_opt.mss_clamp = rx_opt.user_mss
    mss = tp.icsk_pmtu_cookie - tp.icsk_af_ops.net_header_len - tcp.TCP_HLEN
    mss = min(mss, rx_opt.mss_clamp) - tp.icsk_ext_hdr_len
    n = min(mss - tcp.MAX_TCP_OPTION_SPACE, fo.size)
    data = sk_stream_alloc_skb(tp, n) if n > 0 else None
    if data is None:
        return False
    data.ip_summed = const.CHECKSUM_PARTIAL
    mem.copy_from_user(data.ptr, data.tail, fo.iov, fo.off, n)
    data.put(n)
    data.shinfo.gso_segs = 1
    data.shinfo.gso_size = 0
    data.shinfo.gso_type = 0
    data.sacked = 0
    data.tcp_flags = tcp.TCPHDR_ACK | tcp.TCPHDR_PSH
    data.seq = syn.end_seq
    data.end_seq = mem.u32(syn.end_seq + n)
    data.when = syn.when
    whole = pskb_copy(data)
    whole.tcp_flags = syn.tcp_flags
    whole.sacked = 0
    whole.when = syn.when
    whole.seq = syn.seq
    whole.end_seq = data.end_seq
    tcp_connect_queue_skb(tp, data)
    fo.copied = n
    tcp_transmit_skb(tp, whole, False)  # if our own queue drops it, the SYN's timer repeats it
    tp.syn_data = True
    tp.sk_net.mib.net.inc(snmp.LINUX_MIB_TCPFASTOPENACTIVE)
    return True


def tcp_rcv_fastopen_synack(tp: TcpSock, skb: SkBuff) -> SkBuff | None:
    """The SYN-ACK came: keep its cookie. The data to be sent again, None if none is left."""
    cookie, _ = tcp_parse_fastopen_option(skb)
    mss = tp.rx_opt.mss_clamp
    if mss == tp.rx_opt.user_mss:  # what the peer said itself?
        opt = new_tcp_options()
        tcp_parse_options(skb, opt, False, tp.sysctl)
        mss = opt.mss_clamp
    if not tp.syn_fastopen:
        cookie = None  # nobody asked
    data = tp.sk_write_queue.first if tp.syn_data else None
    # Neither a cookie nor the data's ACK, after a repeated SYN: only the plain one got through.
    dropped = not cookie and data is not None and tp.total_retrans != 0
    tcp_fastopen_cache_set(tp, mss, cookie, dropped)
    tp.syn_data_acked = tp.syn_data and data is None
    if data is not None:
        tp.sk_net.mib.net.inc(snmp.LINUX_MIB_TCPFASTOPENACTIVEFAIL)
    return data


def tcp_fastopen_syn_lost(tp: TcpSock) -> None:
    """A SYN timed out again: if it was a Fast Open's, the server may not like them."""
    if tp.syn_fastopen or tp.syn_data:
        tcp_fastopen_cache_set(tp, 0, None, True)
    if tp.syn_data:
        tp.sk_net.mib.net.inc(snmp.LINUX_MIB_TCPFASTOPENACTIVEFAIL)


# ---- TCP_FASTOPEN_CONNECT, Linux 4.11


def tcp_fastopen_defer_connect(tp: TcpSock) -> bool:
    """connect() with TCP_FASTOPEN_CONNECT set: shall the SYN wait for the first send()?

    Only if data may go with it; else the SYN goes now, and asks for a cookie.
    """
    known = tcp_fastopen_cache_get(tp)
    fastopen = tp.sysctl.fastopen
    if fastopen & TFO_CLIENT_NO_COOKIE or (known is not None and known.cookie):
        tp.defer_connect = True
        return True
    tp.fastopen_req = TcpFastopenRequest(b"", 0, 0)
    return False


def tcp_set_fastopen_connect(tp: TcpSock, val: int) -> int:
    """setsockopt(TCP_FASTOPEN_CONNECT): 0 or -errno."""
    if val not in (0, 1):
        return -errno.EINVAL
    if not tp.sysctl.fastopen & TFO_CLIENT_ENABLE:
        return -errno.EOPNOTSUPP
    if tp.sk_state != tcp.TCP_CLOSE:
        return -errno.EINVAL
    tp.fastopen_connect = val != 0
    return 0
