"""/proc/net/tcp, byte for byte."""

from __future__ import annotations

import re

from softnet.net.ipv4.tcp_proc import ProcTcp
from tests.kit.tcp_peer import Dut

ROW = re.compile(
    r"^ *\d+: [0-9A-F]{8}:[0-9A-F]{4} [0-9A-F]{8}:[0-9A-F]{4} [0-9A-F]{2}"
    r" [0-9A-F]{8}:[0-9A-F]{8} [0-9A-F]{2}:[0-9A-F]{8} [0-9A-F]{8} +\d+ +\d+ \d+"
)


def rows(dut: Dut) -> list[str]:
    text = dut.inside(ProcTcp("net/tcp").show, dut.net)
    lines = text.splitlines()
    assert all(len(line) == 149 for line in lines)
    assert lines[0].startswith("  sl  local_address rem_address   st tx_queue rx_queue tr tm->when")
    for line in lines[1:]:
        assert ROW.match(line), line
    return [line.rstrip() for line in lines[1:]]


def test_empty(dut: Dut) -> None:
    assert rows(dut) == []


def test_listener(dut: Dut) -> None:
    dut.listen(80)
    (row,) = rows(dut)
    assert row.startswith("   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000")


def test_connection_with_data(dut: Dut) -> None:
    dut.pass_time(1)
    conn, peer = dut.accepted()
    dut.write(conn, b"12345")
    peer.send("P.", 1, ack=1, data=b"abc")
    (row,) = rows(dut)
    assert " 0100000A:0050 0200000A:9C40 01 00000005:00000003 01:00000014 " in row


def test_embryo(dut: Dut) -> None:
    dut.listen(80)
    dut.peer().send("S", 0, mss=1460)
    listener, embryo = rows(dut)
    assert " 0A " in listener
    assert " 0100000A:0050 0200000A:9C40 03 00000000:00000000 01:00000064 00000000" in embryo


def test_time_wait(dut: Dut) -> None:
    conn, peer = dut.accepted()
    dut.shut(conn)
    peer.take()
    peer.send("F.", 1, ack=2)
    (row,) = rows(dut)
    assert " 06 00000000:00000000 03:00001770 " in row
