"""IP options: read them, obey them, answer them, build them.

Linux: net/ipv4/ip_options.c. RFC 791 3.1, RFC 1122 3.2.1.8, RFC 1812 5.2.4.

An IpOptions says where in the header each option lies (offsets from the header's first byte); the
bytes stay where they are: in the packet for a received one, in opt.data for one to be sent.
A received header is compiled once (ip_options_compile), its source route followed
(ip_options_rcv_srr), and before it is forwarded our address and time go in (ip_forward_options).

`ts_needtime` and friends mean, on a received packet, that we filled a slot on input; on one to be
sent, that the slot is still to be filled.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.kernel.trace as trace
import softnet.uapi.icmp as icmp
import softnet.uapi.if_packet as if_packet
import softnet.uapi.in_ as in_
import softnet.uapi.rtnetlink as rtn
from softnet.net.core.skbuff import skb_dst_drop
from softnet.net.ipv4.fib_frontend import inet_addr_type
from softnet.net.ipv4.route import ip_route_input_noref, ip_rt_get_source
from softnet.structs.headers import ip_hdr
from softnet.structs.inet_sock import IpOptions
from softnet.structs.route import Rtable, rt_stages

if TYPE_CHECKING:
    from softnet.structs.net_namespace import Net
    from softnet.structs.skbuff import SkBuff

MS_PER_DAY = 86400000
TS_OVERFLOW_MAX = 15
END_OF_LIST = bytes((in_.IPOPT_END,))
CIPSO_HLEN_MIN = 8  # type, length, DOI and one tag of two bytes


def inet_current_timestamp(net: Net) -> int:
    """Milliseconds since midnight UT, as the timestamp option and ICMP write it."""
    return net.machine.clock.now // const.NSEC_PER_MSEC % MS_PER_DAY


def ip_options_compile(net: Net, opt: IpOptions, skb: SkBuff | None) -> int:
    """Parse opt.optlen bytes of options; 0, or the offset of the wrong byte, from 20 to 59.

    With skb: a received packet, routed already; addresses and times it asks for are written into it.
    Without: opt.data, which a user gave; the first hop of a source route moves to opt.faddr.
    """
    if trace.ip_options_compile.enabled:
        trace.ip_options_compile.fire(skb)
    if skb is not None:
        buf = skb.shinfo.head
        base = skb.network_header
        rt = skb.dst
        spec_dst = rt.rt_spec_dst if isinstance(rt, Rtable) else 0
        have_rt = rt is not None
    else:
        buf = opt.data
        base = -in_.IP_HLEN
        spec_dst = 0
        have_rt = False
    o = base + in_.IP_HLEN
    left = opt.optlen
    while left > 0:
        kind = buf[o]
        if kind == in_.IPOPT_END:
            if buf[o : o + left].strip(END_OF_LIST):  # nothing may follow
                buf[o : o + left] = bytes(left)
                opt.is_changed = True
            return 0
        if kind == in_.IPOPT_NOOP:
            left -= 1
            o += 1
            continue
        if left < 2 or buf[o + 1] < 2 or buf[o + 1] > left:
            return o - base
        n = buf[o + 1]
        if kind == in_.IPOPT_SSRR or kind == in_.IPOPT_LSRR:
            bad = compile_source_route(opt, buf, o, n, base, skb is None)
        elif kind == in_.IPOPT_RR:
            bad = compile_record_route(opt, buf, o, n, base, have_rt, spec_dst)
        elif kind == in_.IPOPT_TIMESTAMP:
            bad = compile_timestamp(net, opt, buf, o, n, base, skb is not None, have_rt, spec_dst)
        elif kind == in_.IPOPT_RA:
            bad = -1
            if n < 4:
                bad = 1
            elif buf[o + 2] == 0 and buf[o + 3] == 0:
                opt.router_alert = o - base
        elif kind == in_.IPOPT_CIPSO:
            bad = 0 if opt.cipso else cipso_error(buf, o, n)
            if bad < 0:
                opt.cipso = o - base
        else:
            bad = -1  # unknown ones, and IPOPT_SEC and IPOPT_SID, pass: every user here is root
        if bad >= 0:
            return o + bad - base
        left -= n
        o += n
    return 0


def compile_source_route(
    opt: IpOptions, buf: bytearray, o: int, n: int, base: int, local: bool
) -> int:
    """LSRR or SSRR of n bytes at o: -1 if sound, else which of its bytes is wrong."""
    if n < 3:
        return 1
    if buf[o + 2] < 4:
        return 2
    if opt.srr:  # RFC 1812 5.2.4.1: one source route at most
        return 0
    if local:
        if buf[o + 2] != 4 or n < 7 or (n - 3) & 3:
            return 1
        opt.faddr = mem.get32(buf, o + 3)
        if n > 7:
            mem.move(buf, o + 3, buf, o + 7, n - 7)
    opt.is_strictroute = buf[o] == in_.IPOPT_SSRR
    opt.srr = o - base
    return -1


def compile_record_route(
    opt: IpOptions, buf: bytearray, o: int, n: int, base: int, have_rt: bool, spec_dst: int
) -> int:
    """Record route at o: -1 if sound (our address now in it), else which of its bytes is wrong."""
    if opt.rr:
        return 0
    if n < 3:
        return 1
    p = buf[o + 2]
    if p < 4:
        return 2
    if p <= n:
        if p + 3 > n:
            return 2
        if have_rt:
            mem.put32(buf, o + p - 1, spec_dst)
            opt.is_changed = True
        buf[o + 2] = p + 4
        opt.rr_needaddr = True
    opt.rr = o - base
    return -1


def compile_timestamp(
    net: Net,
    opt: IpOptions,
    buf: bytearray,
    o: int,
    n: int,
    base: int,
    received: bool,
    have_rt: bool,
    spec_dst: int,
) -> int:
    """Timestamp at o: -1 if sound (our entry now in it), else which of its bytes is wrong."""
    if opt.ts:
        return 0
    if n < 4:
        return 1
    p = buf[o + 2]
    if p < 5:
        return 2
    if p > n:  # full: count those who found no room
        overflow = buf[o + 3] >> 4
        if overflow == TS_OVERFLOW_MAX:
            return 3
        opt.ts = o - base
        if received:
            buf[o + 3] = (buf[o + 3] & 0xF) | (overflow + 1) << 4
            opt.is_changed = True
        return -1
    if p + 3 > n:
        return 2
    flag = buf[o + 3] & 0xF
    time_at = 0
    if flag == in_.IPOPT_TS_TSONLY:
        opt.ts = o - base
        if received:
            time_at = o + p - 1
        opt.ts_needtime = True
        buf[o + 2] = p + 4
    elif flag == in_.IPOPT_TS_TSANDADDR:
        if p + 7 > n:
            return 2
        opt.ts = o - base
        if have_rt:
            mem.put32(buf, o + p - 1, spec_dst)
            time_at = o + p + 3
        opt.ts_needaddr = True
        opt.ts_needtime = True
        buf[o + 2] = p + 8
    elif flag == in_.IPOPT_TS_PRESPEC:
        if p + 7 > n:
            return 2
        opt.ts = o - base
        if inet_addr_type(net, mem.get32(buf, o + p - 1)) != rtn.RTN_UNICAST:  # it may be ours
            if received:
                time_at = o + p + 3
            opt.ts_needtime = True
            buf[o + 2] = p + 8
    if time_at:
        mem.put32(buf, time_at, inet_current_timestamp(net))
        opt.is_changed = True
    return -1


def cipso_error(buf: bytearray, o: int, n: int) -> int:
    """cipso_v4_validate() of a kernel without NetLabel: the tags must add up. -1 if they do."""
    if n < CIPSO_HLEN_MIN:
        return 1
    if mem.get32(buf, o + 2) == 0:
        return 2
    i = 6
    while i < n:
        if i + 1 >= n or buf[o + i + 1] < 2 or buf[o + i + 1] > n - i:
            return i + 1 if i + 1 < n else i
        i += buf[o + i + 1]
    return -1


def ip_options_rcv_srr(skb: SkBuff) -> int:
    """ip_options_rcv_srr(): skb has a source route; route it to the next hop listed. 0 or -EINVAL.

    Hops that are addresses of ours are taken one after the other, as RFC 1812 5.2.4.1 asks.
    """
    if trace.ip_options_rcv_srr.enabled:
        trace.ip_options_rcv_srr.fire(skb)
    opt = skb.ip_opt
    rt = skb.dst
    if not isinstance(rt, Rtable) or not isinstance(opt, IpOptions):
        return 0
    if skb.pkt_type != if_packet.PACKET_HOST:
        return -errno.EINVAL
    if rt.rt_type == rtn.RTN_UNICAST:
        if not opt.is_strictroute:
            return 0
        rt_stages().icmp.icmp_send(skb, icmp.ICMP_PARAMETERPROB, 0, 16 << 24)
        return -errno.EINVAL
    if rt.rt_type != rtn.RTN_LOCAL:
        return -errno.EINVAL
    buf = skb.shinfo.head
    o = skb.network_header + opt.srr
    iph = ip_hdr(skb)
    space = buf[o + 1]
    p = buf[o + 2]
    nexthop = 0
    while p <= space:
        if p + 3 > space:
            rt_stages().icmp.icmp_send(skb, icmp.ICMP_PARAMETERPROB, 0, (opt.srr + 2) << 24)
            return -errno.EINVAL
        nexthop = mem.get32(buf, o + p - 1)
        old = skb.dst
        skb.dst = None
        dev = skb.dev
        assert dev is not None
        err = ip_route_input_noref(skb, nexthop, iph.saddr(), iph.tos(), dev)
        rt2 = skb.dst
        if (
            err
            or not isinstance(rt2, Rtable)
            or (rt2.rt_type != rtn.RTN_UNICAST and rt2.rt_type != rtn.RTN_LOCAL)
        ):
            skb_dst_drop(skb)
            skb.dst = old
            return -errno.EINVAL
        if rt2.rt_type != rtn.RTN_LOCAL:
            break
        iph.set_daddr(nexthop)
        opt.is_changed = True
        p += 4
    if p <= space:
        opt.srr_is_hit = True
        opt.nexthop = nexthop
        opt.is_changed = True
    return 0


def ip_forward_options(skb: SkBuff) -> None:
    """ip_forward_options(): on the way out, write in what only the outgoing route knows."""
    opt = skb.ip_opt
    rt = skb.dst
    assert isinstance(opt, IpOptions)
    assert isinstance(rt, Rtable)
    buf = skb.shinfo.head
    raw = skb.network_header
    if opt.rr_needaddr:
        o = raw + opt.rr
        mem.put32(buf, o + buf[o + 2] - 5, ip_rt_get_source(skb, rt))
        opt.is_changed = True
    if opt.srr_is_hit:
        o = raw + opt.srr
        space = buf[o + 1]
        p = buf[o + 2]
        while p + 3 <= space and mem.get32(buf, o + p - 1) != opt.nexthop:
            p += 4
        if p + 3 <= space:
            opt.is_changed = True
            mem.put32(buf, o + p - 1, ip_rt_get_source(skb, rt))
            ip_hdr(skb).set_daddr(opt.nexthop)
            buf[o + 2] = p + 4
        # As in Linux, a timestamp's address is renewed only for a source-routed packet.
        if opt.ts_needaddr:
            o = raw + opt.ts
            mem.put32(buf, o + buf[o + 2] - 9, ip_rt_get_source(skb, rt))
            opt.is_changed = True
    if opt.is_changed:
        opt.is_changed = False
        ip_hdr(skb).send_check()


def ip_options_build(skb: SkBuff, opt: IpOptions, daddr: int, rt: Rtable, is_frag: int) -> None:
    """ip_options_build(): write opt behind skb's IP header and fill what is to be filled.

    daddr: the final destination, which ends a source route. is_frag: this is not the first
    fragment, so options that are not copied become no-ops.
    """
    if trace.ip_options_build.enabled:
        trace.ip_options_build.fire(skb)
    own = ip_options_copy(opt)
    skb.ip_opt = own
    buf = skb.shinfo.head
    iph = skb.network_header
    mem.copy(buf, iph + in_.IP_HLEN, opt.data, 0, opt.optlen)
    if own.srr:
        o = iph + own.srr
        mem.put32(buf, o + buf[o + 1] - 4, daddr)
    if not is_frag:
        if own.rr_needaddr:
            o = iph + own.rr
            mem.put32(buf, o + buf[o + 2] - 5, ip_rt_get_source(skb, rt))
        if own.ts_needaddr:
            o = iph + own.ts
            mem.put32(buf, o + buf[o + 2] - 9, ip_rt_get_source(skb, rt))
        if own.ts_needtime:
            o = iph + own.ts
            mem.put32(buf, o + buf[o + 2] - 5, inet_current_timestamp(rt.rt_net))
        return
    if own.rr:
        mem.fill(buf, iph + own.rr, buf[iph + own.rr + 1], in_.IPOPT_NOP)
        own.rr = 0
        own.rr_needaddr = False
    if own.ts:
        mem.fill(buf, iph + own.ts, buf[iph + own.ts + 1], in_.IPOPT_NOP)
        own.ts = 0
        own.ts_needaddr = False
        own.ts_needtime = False


def ip_options_copy(opt: IpOptions) -> IpOptions:
    """A copy of the parsed form; the bytes are shared."""
    new = IpOptions()
    new.faddr = opt.faddr
    new.nexthop = opt.nexthop
    new.optlen = opt.optlen
    new.srr = opt.srr
    new.rr = opt.rr
    new.ts = opt.ts
    new.is_strictroute = opt.is_strictroute
    new.srr_is_hit = opt.srr_is_hit
    new.is_changed = opt.is_changed
    new.rr_needaddr = opt.rr_needaddr
    new.ts_needtime = opt.ts_needtime
    new.ts_needaddr = opt.ts_needaddr
    new.router_alert = opt.router_alert
    new.cipso = opt.cipso
    new.data = opt.data
    return new


def ip_options_fragment(skb: SkBuff) -> None:
    """ip_options_fragment(): the first fragment left; blank out what the others must not carry."""
    opt = skb.ip_opt
    if not isinstance(opt, IpOptions):
        return
    buf = skb.shinfo.head
    o = skb.network_header + in_.IP_HLEN
    left = opt.optlen
    while left > 0:
        kind = buf[o]
        if kind == in_.IPOPT_END:
            return
        if kind == in_.IPOPT_NOOP:
            left -= 1
            o += 1
            continue
        if left < 2:
            return
        n = buf[o + 1]
        if n < 2 or n > left:
            return
        if not kind & in_.IPOPT_COPY:
            mem.fill(buf, o, n, in_.IPOPT_NOOP)
        left -= n
        o += n
    opt.ts = 0
    opt.rr = 0
    opt.rr_needaddr = False
    opt.ts_needaddr = False
    opt.ts_needtime = False


def ip_options_echo(dopt: IpOptions, skb: SkBuff) -> int:
    """ip_options_echo(): the options an answer to skb shall carry. 0, or -EINVAL.

    Record route and timestamp go on where they stopped, a source route is turned round.
    """
    sopt = skb.ip_opt
    dopt.optlen = 0
    dopt.data = bytearray()
    if not isinstance(sopt, IpOptions) or sopt.optlen == 0:
        return 0
    buf = skb.shinfo.head
    iph = skb.network_header
    if sopt.rr:
        o = iph + sopt.rr
        n = buf[o + 1]
        p = buf[o + 2]
        out = bytearray(buf[o : o + n])
        dopt.rr = in_.IP_HLEN + len(dopt.data)
        if sopt.rr_needaddr and p <= n:
            if p + 3 > n:
                return -errno.EINVAL
            out[2] = p + 4
            dopt.rr_needaddr = True
        dopt.data += out
    if sopt.ts and echo_timestamp(dopt, sopt, skb) < 0:
        return -errno.EINVAL
    if sopt.srr:
        echo_source_route(dopt, sopt, skb)
    if sopt.cipso:
        o = iph + sopt.cipso
        dopt.cipso = in_.IP_HLEN + len(dopt.data)
        dopt.data += buf[o : o + buf[o + 1]]
    while len(dopt.data) & 3:
        dopt.data.append(in_.IPOPT_END)
    dopt.optlen = len(dopt.data)
    return 0


def echo_timestamp(dopt: IpOptions, sopt: IpOptions, skb: SkBuff) -> int:
    """Append the timestamp option of skb to dopt.data, ready for our entry; 0 or -EINVAL."""
    buf = skb.shinfo.head
    o = skb.network_header + sopt.ts
    n = buf[o + 1]
    p = buf[o + 2]
    out = bytearray(buf[o : o + n])
    dopt.ts = in_.IP_HLEN + len(dopt.data)
    if p <= n:
        if sopt.ts_needaddr:
            if p + 3 > n:
                return -errno.EINVAL
            dopt.ts_needaddr = True
            p += 4
        if sopt.ts_needtime:
            if p + 3 > n:
                return -errno.EINVAL
            if out[3] & 0xF != in_.IPOPT_TS_PRESPEC:
                dopt.ts_needtime = True
                p += 4
            else:
                dopt.ts_needtime = False
                if p + 7 <= n:
                    rt = skb.dst
                    assert isinstance(rt, Rtable)
                    addr = mem.get32(out, p - 1)
                    if inet_addr_type(rt.rt_net, addr) != rtn.RTN_UNICAST:
                        dopt.ts_needtime = True
                        p += 8
        out[2] = p
    dopt.data += out
    return 0


def echo_source_route(dopt: IpOptions, sopt: IpOptions, skb: SkBuff) -> None:
    """Append skb's source route to dopt.data, backwards; its last hop becomes our first."""
    buf = skb.shinfo.head
    o = skb.network_header + sopt.srr
    n = buf[o + 1]
    p = buf[o + 2]
    if p > n:
        p = n + 1
    hops = [mem.get32(buf, o + at - 1) for at in range(p - 4, 3, -4)]
    if not hops:
        return
    faddr = hops[0]
    # RFC 1812 5.2.4.1: a route that lists its own sender first is wrong; leave the double out.
    if hops[-1] == ip_hdr(skb).saddr():
        hops.pop()
    if not hops:
        return
    dopt.faddr = faddr
    dopt.srr = in_.IP_HLEN + len(dopt.data)
    dopt.is_strictroute = sopt.is_strictroute
    dopt.data += bytes([buf[o], len(hops) * 4 + 3, 4])
    for hop in hops[1:]:
        dopt.data += hop.to_bytes(4, "big")
    dopt.data += bytes(4)  # ip_options_build() puts the destination here


def ip_options_undo(opt: IpOptions) -> bytes:
    """ip_options_undo(): opt as the user gave it, for getsockopt(): no first hop moved, no pointer
    advanced."""
    data = bytearray(opt.data[: opt.optlen])
    if opt.srr:
        o = opt.srr - in_.IP_HLEN
        mem.move(data, o + 7, data, o + 3, data[o + 1] - 7)
        mem.put32(data, o + 3, opt.faddr)
    if opt.rr_needaddr:
        o = opt.rr - in_.IP_HLEN
        data[o + 2] -= 4
        mem.put32(data, o + data[o + 2] - 1, 0)
    if opt.ts:
        o = opt.ts - in_.IP_HLEN
        if opt.ts_needtime:
            data[o + 2] -= 4
            mem.put32(data, o + data[o + 2] - 1, 0)
            if data[o + 3] & 0xF == in_.IPOPT_TS_PRESPEC:
                data[o + 2] -= 4
        if opt.ts_needaddr:
            data[o + 2] -= 4
            mem.put32(data, o + data[o + 2] - 1, 0)
    return bytes(data)


def ip_options_get(net: Net, data: bytes) -> IpOptions:
    """ip_options_get(): parse options that a user wants to send; raises OSError(EINVAL)."""
    if len(data) > in_.MAX_IPOPTLEN:
        raise OSError(errno.EINVAL, "Invalid argument")
    opt = IpOptions()
    opt.data = bytearray(data)
    while len(opt.data) & 3:
        opt.data.append(in_.IPOPT_END)
    opt.optlen = len(opt.data)
    if opt.optlen and ip_options_compile(net, opt, None):
        raise OSError(errno.EINVAL, "Invalid argument")
    return opt
