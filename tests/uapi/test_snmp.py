"""The MIB indices and the tables that print them."""

from __future__ import annotations

import re
from pathlib import Path

import softnet
import softnet.uapi.snmp as snmp
import softnet.uapi.snmp_names as names


def test_indices_run_from_one_to_the_maximum() -> None:
    for prefix in ("IPSTATS", "ICMP", "ICMP6", "TCP", "UDP", "LINUX"):
        mine = {k: v for k, v in vars(snmp).items() if k.startswith(f"{prefix}_MIB_")}
        assert sorted(mine.values()) == list(range(len(mine)))
        assert mine[f"{prefix}_MIB_NUM"] == 0
        assert mine[f"{prefix}_MIB_MAX"] == len(mine) - 1


def test_the_ip_line_of_proc_net_snmp() -> None:
    line = "Ip: Forwarding DefaultTTL " + " ".join(n for n, _ in names.SNMP4_IPSTATS)
    assert line == (
        "Ip: Forwarding DefaultTTL InReceives InHdrErrors InAddrErrors ForwDatagrams "
        "InUnknownProtos InDiscards InDelivers OutRequests OutDiscards OutNoRoutes ReasmTimeout "
        "ReasmReqds ReasmOKs ReasmFails FragOKs FragFails FragCreates"
    )


def test_tcpext_prints_every_counter_in_index_order() -> None:
    tables = names.SNMP4_NET + names.SNMP4_NET_STABLE + names.SNMP4_NET_LATER
    assert [i for _, i in tables] == list(range(1, snmp.LINUX_MIB_MAX))
    assert len({n for n, _ in tables}) == len(tables)
    assert [n for n, _ in names.SNMP4_NET[:3]] == [
        "SyncookiesSent",
        "SyncookiesRecv",
        "SyncookiesFailed",
    ]
    assert names.SNMP4_NET[-1][0] == "TCPReqQFullDrop"


def test_every_counter_of_3_2_is_counted_somewhere() -> None:
    used = {
        name
        for path in (Path(softnet.__file__).parent / "net").rglob("*.py")
        for name in re.findall(r"snmp\.(LINUX_MIB_\w+)", path.read_text())
    }
    of = {number: name for name, number in vars(snmp).items() if name.startswith("LINUX_MIB_")}
    rows = names.SNMP4_NET + names.SNMP4_NET_STABLE
    assert [printed for printed, number in rows if of[number] not in used] == []


def test_the_two_halves_of_the_ip_counters_do_not_overlap() -> None:
    snmp4, ext = ({i for _, i in table} for table in (names.SNMP4_IPSTATS, names.SNMP4_IPEXTSTATS))
    assert not snmp4 & ext
    assert {i for _, i in names.SNMP4_TCP} == set(range(1, snmp.TCP_MIB_MAX))
    assert {i for _, i in names.SNMP4_UDP} == set(range(1, snmp.UDP_MIB_MAX))
