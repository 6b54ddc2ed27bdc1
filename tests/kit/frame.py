"""Judge a frame as one reads it:

    frame(out, ip(ttl=63), tcp(SYN | ACK, ack=1, mss=1460))
    packet(skb, ip(dst="10.0.0.1"), udp(dport=53), payload(b"abc"))

frame() takes an Ethernet frame (the eth() layer may be left out), packet() one that starts at its
network header; both take bytes or an SkBuff, and answer what follows the last layer named. A layer
checks that it is sound (lengths, checksums) whatever is asked of it, then the fields that are asked
for. Addresses may be text. A failure names the layer, the field, both values, and shows the packet.
"""

from __future__ import annotations

from collections.abc import Callable

import softnet.uapi.if_ether as if_ether
import softnet.uapi.in_ as in_
from softnet.net.core.skbuff import skb_tobytes
from softnet.structs.skbuff import SkBuff
from softnet.wire import tcp_options
from softnet.wire.addr import ip_aton, ip_ntoa, mac_aton
from softnet.wire.arp import arp_view
from softnet.wire.checksum import checksum, transport_checksum
from softnet.wire.dump import format_frame, format_ip
from softnet.wire.ethernet import eth_view
from softnet.wire.icmp import icmp_view
from softnet.wire.ip import ip_view
from softnet.wire.tcp import tcp_view
from softnet.wire.udp import udp_view

FIN, SYN, RST, PSH, ACK, URG, ECE, CWR = (1 << i for i in range(8))

ETH_HLEN = 14


class Cursor:
    """How far into the packet the layers have come, and what the next one needs of the last."""

    def __init__(self, data: bytes) -> None:
        self.data = bytearray(data)
        self.off = 0
        self.end = len(data)
        self.saddr = 0
        self.daddr = 0
        self.proto = -1  # of the next layer, where the last one says
        self.partial = False  # the transport checksum is left to the device

    def take(self, n: int) -> None:
        self.off += n


Layer = Callable[[Cursor], None]


def data_of(out: bytes | bytearray | SkBuff) -> tuple[bytes, bool]:
    """The packet's bytes, and whether its transport checksum is still to be filled in."""
    if isinstance(out, SkBuff):
        return skb_tobytes(out), out.ip_summed == 3  # CHECKSUM_PARTIAL
    return bytes(out), False


def frame(out: bytes | bytearray | SkBuff, *layers: Layer) -> bytes:
    """Check an Ethernet frame, layer by layer; what follows the last one."""
    data, partial = data_of(out)
    if not layers or getattr(layers[0], "layer", "") != "eth":
        layers = (eth(), *layers)
    return run(data, partial, layers, format_frame)


def packet(out: bytes | bytearray | SkBuff, *layers: Layer) -> bytes:
    """Check a packet that starts at its network header."""
    data, partial = data_of(out)
    return run(data, partial, layers, format_ip)


def run(
    data: bytes, partial: bool, layers: tuple[Layer, ...], show: Callable[[bytes], str]
) -> bytes:
    cursor = Cursor(data)
    cursor.partial = partial
    for layer in layers:
        try:
            layer(cursor)
        except AssertionError as e:
            raise AssertionError(f"{e}\n  in {show(data)}\n  {data.hex()}") from None
    return bytes(cursor.data[cursor.off : cursor.end])


def expect(layer: str, **pairs: tuple[object, object]) -> None:
    """Each pair is (wanted, found); wanted None asks nothing."""
    for name, (wanted, found) in pairs.items():
        assert wanted is None or wanted == found, f"{layer} {name}: want {wanted!r}, have {found!r}"


def named(layer: str, check: Layer) -> Layer:
    check.layer = layer  # type: ignore[attr-defined]  # frame() looks at it
    return check


def mac(value: str | bytes | None) -> bytes | None:
    return mac_aton(value) if isinstance(value, str) else value


def addr(value: str | int | None) -> int | None:
    return ip_aton(value) if isinstance(value, str) else value


def eth(
    dst: str | bytes | None = None, src: str | bytes | None = None, proto: int | None = None
) -> Layer:
    def check(c: Cursor) -> None:
        assert c.end - c.off >= ETH_HLEN, "eth: shorter than its header"
        h = eth_view(c.data, c.off)
        expect(
            "eth",
            dst=(mac(dst), h.h_dest()),
            src=(mac(src), h.h_source()),
            proto=(proto, h.h_proto()),
        )
        c.proto = h.h_proto()
        c.take(ETH_HLEN)

    return named("eth", check)


def arp(
    op: int | None = None,
    sha: str | bytes | None = None,
    sip: str | int | None = None,
    tha: str | bytes | None = None,
    tip: str | int | None = None,
) -> Layer:
    def check(c: Cursor) -> None:
        assert c.proto in (-1, if_ether.ETH_P_ARP), f"arp: the frame carries {c.proto:#06x}"
        assert c.end - c.off >= 28, "arp: shorter than its header"
        h = arp_view(c.data, c.off)
        expect("arp", hrd=(1, h.ar_hrd()), pro=(if_ether.ETH_P_IP, h.ar_pro()))
        expect("arp", hln=(6, h.ar_hln()), pln=(4, h.ar_pln()), op=(op, h.ar_op()))
        expect("arp", sha=(mac(sha), h.ar_sha()), sip=(addr(sip), h.ar_sip()))
        expect("arp", tha=(mac(tha), h.ar_tha()), tip=(addr(tip), h.ar_tip()))
        c.take(28)

    return named("arp", check)


def ip(
    src: str | int | None = None,
    dst: str | int | None = None,
    ttl: int | None = None,
    tos: int | None = None,
    id: int | None = None,
    proto: int | None = None,
    df: bool | None = None,
    mf: bool | None = None,
    offset: int | None = None,
    hdrlen: int | None = None,
    length: int | None = None,
) -> Layer:
    """offset in bytes; length is the datagram's, header included."""

    def check(c: Cursor) -> None:
        assert c.proto in (-1, if_ether.ETH_P_IP), f"ip: the frame carries {c.proto:#06x}"
        assert c.end - c.off >= 20, "ip: shorter than its header"
        h = ip_view(c.data, c.off)
        assert h.version() == 4, f"ip: version {h.version()}"
        assert 20 <= h.hdrlen() <= h.tot_len() <= c.end - c.off, (
            f"ip: header {h.hdrlen()}, tot_len {h.tot_len()}, have {c.end - c.off}"
        )
        assert h.check_ok(), "ip: wrong checksum"
        expect("ip", src=(addr(src), h.saddr()), dst=(addr(dst), h.daddr()), ttl=(ttl, h.ttl()))
        expect("ip", tos=(tos, h.tos()), id=(id, h.id()), proto=(proto, h.protocol()))
        expect("ip", df=(df, h.frag_off() & in_.IP_DF != 0), offset=(offset, h.offset()))
        expect("ip", mf=(mf, h.frag_off() & in_.IP_MF != 0), hdrlen=(hdrlen, h.hdrlen()))
        expect("ip", length=(length, h.tot_len()))
        c.saddr, c.daddr, c.proto = h.saddr(), h.daddr(), h.protocol()
        c.end = c.off + h.tot_len()
        c.take(h.hdrlen())

    return named("ip", check)


def icmp(
    type: int | None = None,
    code: int | None = None,
    id: int | None = None,
    seq: int | None = None,
    mtu: int | None = None,
    gateway: str | int | None = None,
) -> Layer:
    """What follows is its payload: of an error, packet(rest, ip(...)) judges the quotation."""

    def check(c: Cursor) -> None:
        need_proto("icmp", c, in_.IPPROTO_ICMP)
        assert c.end - c.off >= 8, "icmp: shorter than its header"
        assert checksum(c.data[c.off : c.end]) == 0, "icmp: wrong checksum"
        h = icmp_view(c.data, c.off)
        expect("icmp", type=(type, h.type()), code=(code, h.code()), id=(id, h.id()))
        expect("icmp", seq=(seq, h.sequence()), mtu=(mtu, h.mtu()))
        expect("icmp", gateway=(addr(gateway), h.gateway()))
        c.take(8)

    return named("icmp", check)


def udp(
    sport: int | None = None,
    dport: int | None = None,
    length: int | None = None,
    check: int | None = None,
) -> Layer:
    """check=0: sent without a checksum. length is the datagram's, header included."""
    wanted = check

    def look(c: Cursor) -> None:
        need_proto("udp", c, in_.IPPROTO_UDP)
        assert c.end - c.off >= 8, "udp: shorter than its header"
        h = udp_view(c.data, c.off)
        assert 8 <= h.len() <= c.end - c.off, f"udp: len {h.len()}, have {c.end - c.off}"
        c.end = c.off + h.len()
        if h.check() and not c.partial:
            segment = c.data[c.off : c.end]
            wrong = transport_checksum(c.saddr, c.daddr, in_.IPPROTO_UDP, segment)
            assert wrong == 0, "udp: wrong checksum"
        expect("udp", sport=(sport, h.source()), dport=(dport, h.dest()))
        expect("udp", length=(length, h.len()), check=(wanted, h.check()))
        c.take(8)

    return named("udp", look)


def tcp(
    flags: int | None = None,
    *,
    sport: int | None = None,
    dport: int | None = None,
    seq: int | None = None,
    ack: int | None = None,
    win: int | None = None,
    urg_ptr: int | None = None,
    mss: int | None = None,
    wscale: int | None = None,
    sack_ok: bool | None = None,
    sack: tuple[tuple[int, int], ...] | None = None,
    tsval: int | None = None,
    tsecr: int | None = None,
    options: list[tcp_options.TcpOption] | None = None,
) -> Layer:
    """flags must be exactly these bits; an option asked for must be there with that value."""

    def check(c: Cursor) -> None:
        need_proto("tcp", c, in_.IPPROTO_TCP)
        assert c.end - c.off >= 20, "tcp: shorter than its header"
        h = tcp_view(c.data, c.off)
        assert 20 <= h.hdrlen() <= c.end - c.off, f"tcp: doff {h.hdrlen()}"
        if not c.partial:
            segment = c.data[c.off : c.end]
            wrong = transport_checksum(c.saddr, c.daddr, in_.IPPROTO_TCP, segment)
            assert wrong == 0, "tcp: wrong checksum"
        expect("tcp", flags=(flag_names(flags), flag_names(h.flags())))
        expect("tcp", sport=(sport, h.source()), dport=(dport, h.dest()), seq=(seq, h.seq()))
        expect("tcp", ack=(ack, h.ack_seq()), win=(win, h.window()), urg=(urg_ptr, h.urg_ptr()))
        found = tcp_options.parse_options(bytes(c.data[c.off + 20 : c.off + h.hdrlen()]))
        expect("tcp", options=(options, found))
        expect("tcp", mss=(mss, pick(found, tcp_options.Mss, "size")))
        expect("tcp", wscale=(wscale, pick(found, tcp_options.WScale, "shift")))
        expect("tcp", sack_ok=(sack_ok, any(o == tcp_options.SackPerm() for o in found)))
        expect("tcp", sack=(sack, pick(found, tcp_options.Sack, "blocks")))
        expect("tcp", tsval=(tsval, pick(found, tcp_options.Timestamps, "tsval")))
        expect("tcp", tsecr=(tsecr, pick(found, tcp_options.Timestamps, "tsecr")))
        c.take(h.hdrlen())

    return named("tcp", check)


def payload(data: bytes) -> Layer:
    """The rest is exactly data."""

    def check(c: Cursor) -> None:
        rest = bytes(c.data[c.off : c.end])
        assert rest == data, (
            f"payload: want {len(data)} bytes {data[:32]!r}, have {len(rest)} {rest[:32]!r}"
        )
        c.take(len(rest))

    return named("payload", check)


def nothing() -> Layer:
    """No payload."""
    return payload(b"")


def need_proto(layer: str, c: Cursor, proto: int) -> None:
    assert c.proto in (-1, proto), f"{layer}: {ip_ntoa(c.saddr)} sent protocol {c.proto}"


def pick(found: list[tcp_options.TcpOption], kind: type, field: str) -> object:
    """The field of the first option of that kind; "absent" if there is none."""
    return next((getattr(o, field) for o in found if isinstance(o, kind)), "absent")


def flag_names(flags: int | None) -> str | None:
    """SYN|ACK, as a test says it."""
    if flags is None:
        return None
    names = ("FIN", "SYN", "RST", "PSH", "ACK", "URG", "ECE", "CWR")
    return "|".join(n for i, n in enumerate(names) if flags >> i & 1) or "none"
