"""What the extensions of TCP do on a path: BBR beside CUBIC, RACK and TLP beside 3.2.

    python -m bench.extensions

A bulk transfer of 20 s over 10 Mbit/s and 40 ms of round trip, 1000 frames of room in front of the link:
goodput, and the sender's smoothed round trip, whose median and 95th percentile are taken each 100 ms.
Then 200 answers of 20 kB each over a path that loses 3 %: how long they take, and how many timeouts.
"""

from __future__ import annotations

import socket
import statistics

import softnet
from softnet.net.ipv4.inet_hashtables import InetHashinfo
from softnet.structs.tcp import TcpSock
from softnet.uapi import snmp

PORT = 9
SECONDS = 20
ANSWERS = 200
ANSWER = 20_000  # bytes
BUFFERS = "4096 4000000 4000000"  # so that they are not the limit


def sink(got: list[int]) -> None:
    """Take one connection and read for ever."""
    with socket.create_server(("", PORT)) as server:
        conn, _ = server.accept()
        while data := conn.recv(1 << 16):
            got[0] += len(data)


def source() -> None:
    """Send for ever."""
    with socket.create_connection(("h2", PORT)) as s:
        while True:
            s.sendall(bytes(1 << 16))


def connection(node: softnet.Node) -> TcpSock:
    """The one connection of node."""
    hinfo = node.host.net.ipv4.tcp_hashinfo
    assert isinstance(hinfo, InetHashinfo)
    (sk,) = [sk for sk in hinfo.ehash if sk is not None]
    assert isinstance(sk, TcpSock)
    return sk


def bulk(congestion: str, loss: float) -> tuple[float, float, float]:
    """Mbit/s of goodput, and median and 95th percentile of the round trip, ms."""
    got, rtts = [0], []
    with softnet.Lab(seed=1) as lab:
        h1, h2 = lab.hosts("h1", "h2")
        lab.link(h1, h2, rate="10Mbit", delay="20ms", loss=loss, queue=1000)
        h1.sysctl("net.ipv4.tcp_congestion_control", congestion)
        for host in (h1, h2):
            host.sysctl("net.ipv4.tcp_rmem", BUFFERS)
            host.sysctl("net.ipv4.tcp_wmem", BUFFERS)
        h2.start(sink, got)
        h1.start(source)
        for _ in range(SECONDS * 10):
            lab.run_for("100ms")
            rtts.append(connection(h1).srtt / 8)
    return got[0] * 8 / SECONDS / 1e6, statistics.median(rtts), statistics.quantiles(rtts, n=20)[18]


def serve() -> None:
    """Answer each byte with ANSWER bytes."""
    with socket.create_server(("", PORT)) as server:
        conn, _ = server.accept()
        while conn.recv(1):
            conn.sendall(bytes(ANSWER))


def ask() -> None:
    """ANSWERS questions, one after the other."""
    with socket.create_connection(("h2", PORT)) as s:
        for _ in range(ANSWERS):
            s.sendall(b"?")
            left = ANSWER
            while left:
                left -= len(s.recv(left))


def answers(**sysctls: int) -> tuple[float, int, int]:
    """Seconds for all answers, and the server's timeouts and retransmissions."""
    with softnet.Lab(seed=1) as lab:
        h1, h2 = lab.hosts("h1", "h2")
        lab.link(h1, h2, rate="10Mbit", delay="20ms", loss=0.03)
        for name, value in sysctls.items():
            h2.sysctl("net.ipv4.tcp_" + name, value)
        h2.start(serve)
        h1.call(ask)
        mib = h2.host.net.mib
        timeouts = sum(
            mib.net.get(name)
            for name in (
                snmp.LINUX_MIB_TCPTIMEOUTS,
                snmp.LINUX_MIB_TCPLOSSFAILURES,
                snmp.LINUX_MIB_TCPSACKFAILURES,
                snmp.LINUX_MIB_TCPSACKRECOVERYFAIL,
            )
        )
        return lab.now, timeouts, mib.tcp.get(snmp.TCP_MIB_RETRANSSEGS)


def main() -> None:
    """Print both tables."""
    print("          loss   Mbit/s  round trip: median   95 %, ms")
    for loss in (0.0, 0.01):
        for congestion in ("cubic", "bbr"):
            mbit, median, high = bulk(congestion, loss)
            print(f"{congestion:<8} {loss:6.2f} {mbit:8.2f} {median:19.1f} {high:7.1f}", flush=True)
    print("\n              seconds  timeouts  sent again")
    for name, sysctls in (
        ("3.2", {}),
        ("TLP", {"early_retrans": 3}),
        ("RACK", {"recovery": 1}),
        ("TLP, RACK", {"early_retrans": 3, "recovery": 1}),
    ):
        seconds, timeouts, again = answers(**sysctls)
        print(f"{name:<12} {seconds:8.1f} {timeouts:9} {again:11}", flush=True)


if __name__ == "__main__":
    main()
