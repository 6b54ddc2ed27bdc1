"""IGMP on the host's side: reports, queries, versions, sources."""

from __future__ import annotations

import itertools

import pytest

import softnet.uapi.icmp as icmp_
import softnet.uapi.in_ as in_
import softnet.uapi.socket as socket_
from softnet.net.core.dev.config import dev_change_flags
from softnet.net.ipv4.igmp_report import GroupRecord, igmpv3_sendpack
from softnet.structs.igmp import IpMcList, ip_check_mc
from softnet.wire.checksum import checksum
from softnet.wire.igmp import grec_view, igmp_view
from softnet.wire.ip import ip_view
from tests.net.ipv4.ip_kit import IpHost, Sock, Wire, eth, host, ip, ip_bytes, rtnl

__all__ = ["eth", "host"]

US, ROUTER, G, H = "10.0.0.1", "10.0.0.2", "239.1.2.3", "239.1.2.4"
ALL = bytes.fromhex("01005e000001")
INC, EXC, TO_INC, TO_EXC, ALLOW, BLOCK = range(1, 7)


def a(text: str) -> bytes:
    return ip(text).to_bytes(4, "big")


def igmp(type: int, code: int, group: str, rest: bytes = b"", check: int = -1) -> bytes:
    raw = bytes([type, code, 0, 0]) + a(group) + rest
    if check < 0:
        check = checksum(raw)
    return raw[:2] + check.to_bytes(2, "big") + raw[4:]


def query3(code: int, group: str = "0.0.0.0", *srcs: str, qrv: int = 2) -> bytes:
    rest = bytes([qrv, 125]) + len(srcs).to_bytes(2, "big") + b"".join(a(s) for s in srcs)
    return igmp(0x11, code, group, rest)


def hear(host: IpHost, dev: Wire, message: bytes, dst: str = "224.0.0.1") -> None:
    alert = bytes([in_.IPOPT_RA, 4, 0, 0])
    mac = bytes.fromhex("01005e") + bytes([a(dst)[1] & 0x7F]) + a(dst)[2:]
    host.receive(dev, ip_bytes(ROUTER, dst, message, 2, ttl=1, options=alert), dst=mac)


Record = tuple[int, str, tuple[str, ...]]


def text(addr: int) -> str:
    return ".".join(str(b) for b in addr.to_bytes(4, "big"))


def said(dev: Wire) -> list[tuple[int, str] | list[Record]]:
    """What dev has reported since it was asked last: (type, group), or records of version 3.

    Every message must be sound: TTL 1, router alert, checksum, the right destination.
    """
    out: list[tuple[int, str] | list[Record]] = []
    for raw in dev.payloads():
        if raw[9] != in_.IPPROTO_IGMP:
            continue
        buf = bytearray(raw)
        iph = ip_view(buf, 0)
        assert (iph.ttl(), iph.tos(), iph.hdrlen()) == (1, 0xC0, 24)
        assert raw[20:24] == bytes([0x94, 4, 0, 0])
        assert checksum(raw[24:]) == 0
        ih = igmp_view(buf, 24)
        if ih.type() != icmp_.IGMPV3_HOST_MEMBERSHIP_REPORT:
            leave = ih.type() == icmp_.IGMP_HOST_LEAVE_MESSAGE
            assert text(iph.daddr()) == ("224.0.0.2" if leave else text(ih.group()))
            out.append((ih.type(), text(ih.group())))
            continue
        assert text(iph.daddr()) == "224.0.0.22"
        at = 32
        records: list[Record] = []
        for _ in range(ih.ngrec()):
            g = grec_view(buf, at)
            srcs = tuple(sorted(text(g.grec_src(i)) for i in range(g.grec_nsrcs())))
            records.append((g.grec_type(), text(g.grec_mca()), srcs))
            at += g.len()
        assert at == len(raw)
        out.append(records)
    dev.release()
    return out


@pytest.fixture
def sock(host: IpHost, eth: Wire) -> Sock:
    return host.udp_sock()


def join(s: Sock, group: str = G) -> None:
    assert s.set(socket_.SOL_IP, in_.IP_ADD_MEMBERSHIP, a(group) + a(US)) == 0


def leave(s: Sock, group: str = G) -> None:
    assert s.set(socket_.SOL_IP, in_.IP_DROP_MEMBERSHIP, a(group) + a(US)) == 0


def source(s: Sock, opt: int, src: str, group: str = G) -> None:
    assert s.set(socket_.SOL_IP, opt, a(group) + a(US) + a(src)) == 0


# ---- version 3


def test_joining_is_reported_twice_and_at_once(host: IpHost, eth: Wire, sock: Sock) -> None:
    join(sock)
    assert eth.mc == {ALL: 1, bytes.fromhex("01005e010203"): 1}
    host.run(5)
    assert said(eth) == [[(TO_EXC, G, ())]]
    host.run(10_100)
    assert said(eth) == [[(TO_EXC, G, ())]]
    host.run(60_000)
    assert said(eth) == []


def test_leaving_is_reported_twice(host: IpHost, eth: Wire, sock: Sock) -> None:
    join(sock)
    host.run(20_000)
    said(eth)
    leave(sock)
    assert eth.mc == {ALL: 1}
    host.run(20_000)
    assert said(eth) == [[(TO_INC, G, ())]] * 2


def test_two_sockets_are_one_membership(host: IpHost, eth: Wire, sock: Sock) -> None:
    other = host.udp_sock()
    join(sock)
    join(other)
    host.run(30_000)
    said(eth)
    leave(sock)
    host.run(30_000)
    assert said(eth) == []
    leave(other)
    host.run(30_000)
    assert len(said(eth)) == 2


def test_the_all_hosts_group_is_never_reported(host: IpHost, eth: Wire, sock: Sock) -> None:
    join(sock, "224.0.0.1")
    hear(host, eth, query3(10))
    host.run(30_000)
    assert said(eth) == []


def test_general_query_is_answered_with_everything(host: IpHost, eth: Wire, sock: Sock) -> None:
    join(sock)
    join(sock, H)
    host.run(30_000)
    said(eth)
    hear(host, eth, query3(50))
    assert said(eth) == []
    host.run(5_010)
    assert said(eth) == [[(EXC, H, ()), (EXC, G, ())]]


def test_group_query_is_answered_about_the_group(host: IpHost, eth: Wire, sock: Sock) -> None:
    join(sock)
    join(sock, H)
    host.run(30_000)
    said(eth)
    hear(host, eth, query3(10, G), G)
    host.run(2_000)
    assert said(eth) == [[(EXC, G, ())]]
    hear(host, eth, query3(10, "239.7.7.7"), "224.0.0.1")
    host.run(2_000)
    assert said(eth) == []


def test_source_query_is_answered_about_the_sources(host: IpHost, eth: Wire, sock: Sock) -> None:
    for src in ("1.1.1.1", "2.2.2.2", "3.3.3.3"):
        source(sock, in_.IP_ADD_SOURCE_MEMBERSHIP, src)
    host.run(30_000)
    said(eth)
    hear(host, eth, query3(10, G, "2.2.2.2", "9.9.9.9"), G)
    host.run(2_000)
    assert said(eth) == [[(INC, G, ("2.2.2.2",))]]
    hear(host, eth, query3(10, G, "9.9.9.9"), G)
    host.run(2_000)
    assert said(eth) == []  # nothing to say


def test_excluded_sources_keep_quiet(host: IpHost, eth: Wire, sock: Sock) -> None:
    join(sock)
    source(sock, in_.IP_BLOCK_SOURCE, "1.1.1.1")
    host.run(30_000)
    said(eth)
    hear(host, eth, query3(10, G, "1.1.1.1"), G)
    host.run(2_000)
    assert said(eth) == []
    hear(host, eth, query3(10, G, "1.1.1.1", "2.2.2.2"), G)
    host.run(2_000)
    assert said(eth) == [[(EXC, G, ("1.1.1.1",))]]


def test_sources_coming_and_going_are_reported(host: IpHost, eth: Wire, sock: Sock) -> None:
    source(sock, in_.IP_ADD_SOURCE_MEMBERSHIP, "1.1.1.1")
    host.run(30_000)
    # Linux joins for all, then changes its mind: the source is new and the mode is.
    assert said(eth) == [[(ALLOW, G, ("1.1.1.1",)), (TO_INC, G, ("1.1.1.1",))]] * 2
    source(sock, in_.IP_ADD_SOURCE_MEMBERSHIP, "2.2.2.2")
    host.run(30_000)
    assert said(eth) == [[(ALLOW, G, ("2.2.2.2",))]] * 2
    source(sock, in_.IP_DROP_SOURCE_MEMBERSHIP, "1.1.1.1")
    host.run(30_000)
    assert said(eth) == [[(BLOCK, G, ("1.1.1.1",))]] * 2
    source(sock, in_.IP_DROP_SOURCE_MEMBERSHIP, "2.2.2.2")  # the last one: leaving
    host.run(30_000)
    gone = said(eth)
    assert gone
    assert all(r[0][:2] in ((TO_INC, G), (BLOCK, G)) for r in gone if isinstance(r, list))


def test_another_socket_that_wants_all_changes_the_mode(
    host: IpHost, eth: Wire, sock: Sock
) -> None:
    source(sock, in_.IP_ADD_SOURCE_MEMBERSHIP, "1.1.1.1")
    host.run(30_000)
    said(eth)
    other = host.udp_sock()
    join(other)
    host.run(30_000)
    assert said(eth) == [[(TO_EXC, G, ())]] * 2
    leave(other)
    host.run(30_000)
    assert said(eth) == [[(TO_INC, G, ("1.1.1.1",))]] * 2


def test_blocking_by_both_is_blocking(host: IpHost, eth: Wire, sock: Sock) -> None:
    other = host.udp_sock()
    join(sock)
    join(other)
    host.run(30_000)
    said(eth)
    source(sock, in_.IP_BLOCK_SOURCE, "1.1.1.1")
    host.run(30_000)
    assert said(eth) == []  # the other one still wants it
    source(other, in_.IP_BLOCK_SOURCE, "1.1.1.1")
    host.run(30_000)
    assert said(eth) == [[(BLOCK, G, ("1.1.1.1",))]] * 2
    source(sock, in_.IP_UNBLOCK_SOURCE, "1.1.1.1")
    host.run(30_000)
    assert said(eth) == [[(ALLOW, G, ("1.1.1.1",))]] * 2


def test_the_querier_sets_the_robustness(host: IpHost, eth: Wire, sock: Sock) -> None:
    hear(host, eth, query3(10, qrv=4))
    host.run(2_000)
    said(eth)
    join(sock)
    host.run(60_000)
    assert said(eth) == [[(TO_EXC, G, ())]] * 4


def test_long_reports_are_split_at_the_mtu(host: IpHost, eth: Wire) -> None:
    in_dev = eth.ip_ptr
    assert in_dev is not None
    many = [0x01000000 + i for i in range(800)]
    igmpv3_sendpack(in_dev, [GroupRecord(ALLOW, ip(G), many), GroupRecord(EXC, ip(H), many)])
    sizes = [len(p) for p in eth.payloads()]
    assert max(sizes) <= 1500
    got = [r for message in said(eth) for r in message if isinstance(r, tuple)]
    allowed = [s for t, g, srcs in got if t == ALLOW for s in srcs]  # type: ignore[misc]
    assert sorted(allowed) == sorted(text(s) for s in many)
    cut = [r for r in got if r[0] == EXC]
    assert len(cut) == 1  # a list of exclusions may be cut, not split
    assert 300 < len(cut[0][2]) < 800


# ---- versions 1 and 2


def test_a_version_2_router_gets_version_2(host: IpHost, eth: Wire, sock: Sock) -> None:
    hear(host, eth, igmp(0x11, 100, "0.0.0.0"))
    join(sock)
    host.run(12_000)
    assert said(eth) == [(icmp_.IGMPV2_HOST_MEMBERSHIP_REPORT, G)] * 2
    assert "V2" in host.proc("net/igmp")
    hear(host, eth, igmp(0x11, 10, G), G)
    host.run(1_100)
    assert (icmp_.IGMPV2_HOST_MEMBERSHIP_REPORT, G) in said(eth)
    leave(sock)
    assert said(eth) == [(icmp_.IGMP_HOST_LEAVE_MESSAGE, G)]


def test_somebody_elses_report_is_enough(host: IpHost, eth: Wire, sock: Sock) -> None:
    hear(host, eth, igmp(0x11, 100, "0.0.0.0"))
    join(sock)
    host.run(40_000)
    said(eth)
    hear(host, eth, igmp(0x11, 100, G), G)
    hear(host, eth, igmp(0x16, 0, G), G)
    host.run(20_000)
    assert said(eth) == []
    leave(sock)
    assert said(eth) == []  # nor was it ours to leave


def test_a_version_1_router_gets_version_1(host: IpHost, eth: Wire, sock: Sock) -> None:
    hear(host, eth, igmp(0x11, 0, "0.0.0.0"))
    join(sock)
    host.run(12_000)
    assert said(eth) == [(icmp_.IGMP_HOST_MEMBERSHIP_REPORT, G)] * 2
    assert "V1" in host.proc("net/igmp")
    hear(host, eth, query3(10, G))  # a version-3 query meanwhile: answered for all, in version 1
    host.run(12_000)
    assert said(eth) == [(icmp_.IGMP_HOST_MEMBERSHIP_REPORT, G)]
    leave(sock)
    host.run(12_000)
    assert said(eth) == []  # nobody leaves in version 1


def test_old_routers_are_forgotten_after_400_seconds(host: IpHost, eth: Wire, sock: Sock) -> None:
    hear(host, eth, igmp(0x11, 100, "0.0.0.0"))
    host.run(399_000)
    assert "V2" in host.proc("net/igmp")
    host.run(2_000)
    assert "V3" in host.proc("net/igmp")


@pytest.mark.parametrize(("version", "type"), [(1, 0x12), (2, 0x16)])
def test_the_version_can_be_forced(
    host: IpHost, eth: Wire, sock: Sock, version: int, type: int
) -> None:
    host.sysctl("conf.eth0.force_igmp_version", version)
    join(sock)
    host.run(5)
    assert said(eth) == [(type, G)]


# ---- what is ignored


@pytest.mark.parametrize(
    "message",
    [
        igmp(0x11, 100, "0.0.0.0", check=0x1234),
        igmp(0x11, 100, "0.0.0.0")[:7],
        igmp(0x11, 10, "0.0.0.0", b"abc"),  # 11 bytes: no version has that
        query3(10, "0.0.0.0", "1.1.1.1"),  # a general query names no sources
        query3(10, G, "1.1.1.1")[:13],
        igmp(0x17, 0, G),
        igmp(0x22, 0, G),
        igmp(0x99, 0, G),
    ],
)
def test_bad_and_foreign_messages(host: IpHost, eth: Wire, sock: Sock, message: bytes) -> None:
    join(sock)
    host.run(30_000)
    said(eth)
    hear(host, eth, message)
    host.run(30_000)
    assert said(eth) == []
    assert "V3" in host.proc("net/igmp")


def test_unicast_reports_are_not_believed(host: IpHost, eth: Wire, sock: Sock) -> None:
    hear(host, eth, igmp(0x11, 100, "0.0.0.0"))
    join(sock)
    host.run(40_000)
    said(eth)
    hear(host, eth, igmp(0x11, 100, G), G)
    host.receive(eth, ip_bytes(ROUTER, US, igmp(0x16, 0, G), 2))
    host.run(12_000)
    assert len(said(eth)) == 1


# ---- devices


def test_down_and_up(host: IpHost, eth: Wire, sock: Sock) -> None:
    join(sock)
    host.run(30_000)
    eth.release()
    with rtnl(host.net):
        assert dev_change_flags(eth, eth.flags & ~1) == 0
    assert eth.mc == {}
    with rtnl(host.net):
        assert dev_change_flags(eth, eth.flags | 1) == 0
    assert set(eth.mc) == {ALL, bytes.fromhex("01005e010203")}
    host.run(30_000)
    eth.release()


def test_two_runs_are_alike_and_hosts_differ() -> None:
    def times(seed: int) -> list[int]:
        out = []
        with IpHost(seed=seed) as h:
            dev = h.eth("10.0.0.1/24")
            s = h.udp_sock()
            join(s)
            for ms in itertools.count(100, 100):
                h.run(100)
                if dev.sent:
                    out.append(ms)
                    dev.release()
                if ms > 12_000:
                    break
            h.finish()
        return out

    assert times(1) == times(1)
    assert times(1) != times(2)


def test_who_may_speak_to_a_group() -> None:
    """ip_check_mc(): RFC 3376 3.2: included by somebody, or not excluded by everybody."""
    with IpHost() as h:
        dev = h.eth("10.0.0.1/24")
        in_dev = dev.ip_ptr
        assert in_dev is not None
        assert not ip_check_mc(in_dev, ip(G), 0, 17)
        s, t = h.udp_sock(), h.udp_sock()
        source(s, in_.IP_ADD_SOURCE_MEMBERSHIP, "1.1.1.1")
        assert ip_check_mc(in_dev, ip(G), ip("1.1.1.1"), 17)
        assert not ip_check_mc(in_dev, ip(G), ip("2.2.2.2"), 17)
        assert ip_check_mc(in_dev, ip(G), ip("2.2.2.2"), in_.IPPROTO_IGMP)
        assert ip_check_mc(in_dev, ip(G), 0, 17)
        join(t)
        source(t, in_.IP_BLOCK_SOURCE, "3.3.3.3")
        assert ip_check_mc(in_dev, ip(G), ip("2.2.2.2"), 17)
        assert not ip_check_mc(in_dev, ip(G), ip("3.3.3.3"), 17)
        im = in_dev.mc_list[ip(G)]
        assert isinstance(im, IpMcList)
        assert im.users == 2
        h.run(30_000)
        h.finish()


def test_proc_net_igmp_and_mcfilter(host: IpHost, eth: Wire, sock: Sock) -> None:
    source(sock, in_.IP_ADD_SOURCE_MEMBERSHIP, "1.2.3.4")
    lines = host.proc("net/igmp").splitlines()
    assert lines[0] == "Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter"
    assert lines[3] == "2\teth0      :     2      V3"
    assert lines[4] == "\t\t\t\t030201EF     1 0:00000000\t\t0"
    assert host.proc("net/mcfilter").splitlines() == [
        "Idx Device        MCA        SRC    INC    EXC",
        "  2   eth0 0xef010203 0x01020304      1      0",
    ]
    host.run(30_000)
