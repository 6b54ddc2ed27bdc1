"""/proc/net/snmp, netstat and sockstat as 3.2 prints them; the rows of net.ipv4.*"""

from __future__ import annotations

import pytest

from softnet.net.ipv4.sysctl_net_ipv4 import format_ports
from softnet.uapi import snmp
from tests.net.ipv4.ip_kit import IpHost, Wire, eth, host

__all__ = ["eth", "host"]

SNMP_HEADS = """\
Ip: Forwarding DefaultTTL InReceives InHdrErrors InAddrErrors ForwDatagrams InUnknownProtos \
InDiscards InDelivers OutRequests OutDiscards OutNoRoutes ReasmTimeout ReasmReqds ReasmOKs \
ReasmFails FragOKs FragFails FragCreates
Icmp: InMsgs InErrors InDestUnreachs InTimeExcds InParmProbs InSrcQuenchs InRedirects InEchos \
InEchoReps InTimestamps InTimestampReps InAddrMasks InAddrMaskReps OutMsgs OutErrors \
OutDestUnreachs OutTimeExcds OutParmProbs OutSrcQuenchs OutRedirects OutEchos OutEchoReps \
OutTimestamps OutTimestampReps OutAddrMasks OutAddrMaskReps
Tcp: RtoAlgorithm RtoMin RtoMax MaxConn ActiveOpens PassiveOpens AttemptFails EstabResets \
CurrEstab InSegs OutSegs RetransSegs InErrs OutRsts
Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors
UdpLite: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors SndbufErrors"""


def test_snmp_has_the_fields_of_3_2_in_their_order(host: IpHost) -> None:
    lines = host.proc("net/snmp").splitlines()
    assert lines[::2] == SNMP_HEADS.splitlines()
    for head, values in zip(lines[::2], lines[1::2], strict=True):
        assert head.split()[0] == values.split()[0]
        assert len(head.split()) == len(values.split())
    assert lines[1].startswith("Ip: 2 64 ")
    host.sysctl("ip_forward", 1)
    assert host.proc("net/snmp").splitlines()[1].startswith("Ip: 1 64 ")


@pytest.mark.parametrize(("era", "extra"), [("3.2", 2), ("3.2.0", 0)])
def test_netstat_counts_what_its_era_counts(era: str, extra: int) -> None:
    with IpHost(era=era) as h:
        lines = h.proc("net/netstat").splitlines()
        assert [line.split()[0] for line in lines] == ["TcpExt:"] * 2 + ["IpExt:"] * 2
        assert len(lines[0].split()) == len(lines[1].split()) == 81 + extra + 1
        assert ("TCPChallengeACK" in lines[0]) == (extra > 0)
        assert lines[2].split()[1:4] == ["InNoRoutes", "InTruncatedPkts", "InMcastPkts"]
        h.finish()


def test_icmp_types_are_sixteen_to_a_line(host: IpHost) -> None:
    for type in range(20):
        host.net.mib.icmpmsg_in[type] = type + 1
    host.net.mib.icmpmsg_out[3] = 7
    lines = [line for line in host.proc("net/snmp").splitlines() if line.startswith("IcmpMsg")]
    assert len(lines) == 4
    assert lines[0].split()[1] == "InType0"
    assert len(lines[0].split()) == 17
    assert lines[2].split()[-1] == "OutType3"
    assert lines[3].split()[-1] == "7"


def test_sockstat(host: IpHost) -> None:
    host.udp_sock()
    assert host.proc("net/sockstat") == (
        "sockets: used 1\n"
        "TCP: inuse 0 orphan 0 tw 0 alloc 0 mem 0\n"
        "UDP: inuse 1 mem 0\n"
        "UDPLITE: inuse 0\n"
        "RAW: inuse 0\n"
        "FRAG: inuse 0 memory 0\n"
    )


DEFAULTS = {
    "ip_default_ttl": "64",
    "ip_no_pmtu_disc": "0",
    "ip_nonlocal_bind": "0",
    "ip_dynaddr": "0",
    "ip_local_port_range": "32768\t61000",
    "ip_local_reserved_ports": "",
    "ipfrag_high_thresh": "262144",
    "ipfrag_low_thresh": "196608",
    "ipfrag_time": "30",
    "ipfrag_secret_interval": "600",
    "ipfrag_max_dist": "64",
    "icmp_echo_ignore_all": "0",
    "icmp_echo_ignore_broadcasts": "1",
    "icmp_ignore_bogus_error_responses": "1",
    "icmp_errors_use_inbound_ifaddr": "0",
    "icmp_ratelimit": "1000",
    "icmp_ratemask": "6168",
    "igmp_max_memberships": "20",
    "igmp_max_msf": "10",
    "inet_peer_threshold": "65664",
    "inet_peer_minttl": "120",
    "inet_peer_maxttl": "600",
    "ping_group_range": "1\t0",
    "udp_rmem_min": "4096",
    "udp_wmem_min": "4096",
}


@pytest.mark.parametrize("name", DEFAULTS)
def test_defaults(host: IpHost, name: str) -> None:
    assert host.net.sysctl.read(f"net.ipv4.{name}") == DEFAULTS[name]


def test_udp_mem_follows_the_memory(host: IpHost) -> None:
    pages = host.machine.memory.size // 4096
    low, pressure, high = map(int, host.net.sysctl.read("net.ipv4.udp_mem").split())
    assert pressure == pages // 8
    assert (low, high) == (pressure // 4 * 3, pressure // 4 * 6)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ip_default_ttl", "0"),
        ("ip_default_ttl", "256"),
        ("ip_local_port_range", "0 10"),
        ("ip_local_port_range", "10 65536"),
        ("ip_local_port_range", "20 10"),
        ("ip_local_reserved_ports", "x"),
        ("ip_local_reserved_ports", "9-8"),
        ("ip_local_reserved_ports", "65536"),
        ("ping_group_range", "5"),
        ("ping_group_range", "-1 5"),
        ("ping_group_range", "0 4294967296"),
        ("udp_mem", "-1 2 3"),
        ("udp_rmem_min", "-1"),
        ("ipfrag_max_dist", "-1"),
    ],
)
def test_what_may_not_be_written(host: IpHost, name: str, text: str) -> None:
    with pytest.raises(OSError, match="Invalid"):
        host.sysctl(name, text)


def test_ports_as_ranges(host: IpHost) -> None:
    host.sysctl("ip_local_reserved_ports", "8080, 9000-9002,1,9003\n")
    assert host.net.sysctl.read("net.ipv4.ip_local_reserved_ports") == "1,8080,9000-9003"
    assert format_ports(set()) == ""
    assert format_ports({0, 1, 65535}) == "0-1,65535"
    host.sysctl("ping_group_range", "7 3")
    assert host.net.sysctl.read("net.ipv4.ping_group_range") == "1\t0"


def test_namespaces_have_their_own(host: IpHost, eth: Wire) -> None:
    other = host.new_net()
    host.net_init(other)
    host.sysctl("ip_default_ttl", 5)
    assert other.ipv4.sysctl_ip_default_ttl == 64
    assert host.net.ipv4.sysctl_ip_default_ttl == 5


def test_netstat_shows_a_later_counter_that_an_extension_moved(host: IpHost) -> None:
    assert "TCPFastOpenActive" not in host.proc("net/netstat")
    host.net.mib.net.inc(snmp.LINUX_MIB_TCPFASTOPENACTIVE)
    assert "TCPFastOpenActive" in host.proc("net/netstat").splitlines()[0]
    with IpHost(era="3.7") as later:
        assert "TCPFastOpenActive" in later.proc("net/netstat").splitlines()[0]
        later.finish()
