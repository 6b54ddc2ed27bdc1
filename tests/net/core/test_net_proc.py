"""/proc/net/{dev,softnet_stat,ptype,dev_mcast}: byte for byte."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from softnet.fs.proc import proc_read
from softnet.net.core.dev.registry import register_netdev
from softnet.net.core.dev.taps import dev_add_pack
from softnet.net.core.dev_addr_lists import dev_mc_add, dev_mc_add_global
from softnet.net.core.net_proc import dev_proc_init
from softnet.structs.netdev_stats import NetDeviceStats
from softnet.structs.netdevice import PacketType
from tests.net.core.dev.kit import DevHost, Wire


@pytest.fixture
def host() -> Iterator[DevHost]:
    dev_proc_init()
    with DevHost(ncpus=2) as h:
        yield h


def read(host: DevHost, name: str) -> str:
    return proc_read("net/" + name, host.net, host.net.sysctl)


def test_dev_header_and_empty_counters(host: DevHost) -> None:
    register_netdev(Wire(host.net))
    assert read(host, "dev") == (
        "Inter-|   Receive                                                |  Transmit\n"
        " face |bytes    packets errs drop fifo frame compressed multicast"
        "|bytes    packets errs drop fifo colls carrier compressed\n"
        "  eth0:       0       0    0    0    0     0          0         0"
        "        0       0    0    0    0     0       0          0\n"
    )


def test_dev_columns(host: DevHost) -> None:
    dev = Wire(host.net)
    register_netdev(dev)
    for n, name in enumerate(
        [
            "rx_packets",
            "tx_packets",
            "rx_bytes",
            "tx_bytes",
            "rx_errors",
            "tx_errors",
            "rx_dropped",
            "tx_dropped",
            "multicast",
            "collisions",
            "rx_length_errors",
            "rx_over_errors",
            "rx_crc_errors",
            "rx_frame_errors",
            "rx_fifo_errors",
            "rx_missed_errors",
            "tx_aborted_errors",
            "tx_carrier_errors",
            "tx_fifo_errors",
            "tx_heartbeat_errors",
            "tx_window_errors",
            "rx_compressed",
            "tx_compressed",
        ]
    ):
        setattr(dev.stats, name, 1 << n)
    assert isinstance(dev.stats, NetDeviceStats)
    dev.rx_dropped = 1 << 30
    name, _, columns = read(host, "dev").splitlines()[2].partition(":")
    assert name == "  eth0"
    assert [int(c) for c in columns.split()] == [
        1 << 2,
        1 << 0,
        1 << 4,
        (1 << 6) + (1 << 15) + (1 << 30),
        1 << 14,
        (1 << 10) + (1 << 11) + (1 << 12) + (1 << 13),
        1 << 21,
        1 << 8,
        1 << 3,
        1 << 1,
        1 << 5,
        1 << 7,
        1 << 18,
        1 << 9,
        (1 << 17) + (1 << 16) + (1 << 20) + (1 << 19),
        1 << 22,
    ]


def test_softnet_stat(host: DevHost) -> None:
    sd = host.sd(1)
    sd.processed, sd.dropped, sd.time_squeeze = 0x10, 2, 3
    sd.cpu_collision, sd.received_rps = 9, 10
    zero = " ".join(["00000000"] * 10)
    assert read(host, "softnet_stat") == (
        f"{zero}\n"
        "00000010 00000002 00000003 00000000 00000000 00000000 00000000 00000000 "
        "00000009 0000000a\n"
    )


def test_ptype(host: DevHost) -> None:
    class PacketRcv(PacketType):
        def func_name(self) -> str:
            return "packet_rcv"

    dev = Wire(host.net)
    register_netdev(dev)
    dev_add_pack(PacketRcv(3, None), host.net)
    dev_add_pack(PacketRcv(3, dev), host.net)
    dev_add_pack(PacketRcv(0x88B5, None), host.net)
    lines = read(host, "ptype").splitlines()
    assert lines[0] == "Type Device      Function"
    assert lines[1] == "ALL           packet_rcv"
    assert lines[2] == "ALL  eth0     packet_rcv"
    assert "88b5          packet_rcv" in lines


def test_dev_mcast(host: DevHost) -> None:
    dev = Wire(host.net)
    register_netdev(dev)
    dev_mc_add(dev, bytes.fromhex("01005e000001"))
    dev_mc_add(dev, bytes.fromhex("01005e000001"))
    dev_mc_add_global(dev, bytes.fromhex("333300000001"))
    assert read(host, "dev_mcast") == (
        "1    eth0            2     0     01005e000001\n"
        "1    eth0            1     1     333300000001\n"
    )
