"""Throughput against loss: Reno and CUBIC beside their published response functions.

    python -m bench.response --losses 300 --svg docs/response.svg

A bulk transfer over 100 Mbit/s and 40 ms of round trip, segments lost at random in its direction. Each
measurement begins after 20 s and lasts until so many segments were lost. Three times: the card does not
segment; it does; it does, and tcp_tso_win_divisor is 8 instead of 3. What the functions say:

    Reno    MSS / RTT * sqrt(3 / (2 b p))               Mathis and others 1997, Padhye and others 1998;
                                                        b = 2 segments per ACK (delayed ACKs)
    CUBIC   MSS / RTT * 1.054 RTT^(3/4) / p^(3/4)       Ha, Rhee, Xu 2008; RFC 8312 5.1: beta 0.7, C 0.4;
                                                        Reno's where that is more (tcp_friendliness)
"""

from __future__ import annotations

import argparse
import math
import socket
from dataclasses import dataclass
from pathlib import Path

import softnet
from softnet.arch import const
from softnet.lab.svg import BLUE, GREEN, ORANGE, RED, Chart, figure

MSS = 1448  # bytes: 1500 - 20 - 20 - 12 of timestamps
RTT = 0.0402  # s: 40 ms, and a segment and its ACK on the wire
ACKS_EVERY = 2  # segments
RATES = (0.0001, 0.0003, 0.001, 0.003, 0.01)
PORT = 9
WARM_UP = "20s"
CASES = ((0, "", "o"), (3, " TSO", "s"), (8, " TSO/8", "x"))  # tcp_tso_win_divisor, name, mark


@dataclass
class Measured:
    """One run."""

    mbit: float  # of segments delivered, bit/s / 10**6
    loss: float  # the part that was really lost
    seconds: float  # of virtual time


def sink() -> None:
    """Take one connection and read for ever."""
    with socket.create_server(("", PORT)) as server:
        conn, _ = server.accept()
        with conn:
            while conn.recv(1 << 20):
                pass


def source(host: str) -> None:
    """Send for ever."""
    with socket.create_connection((host, PORT)) as s:
        data = bytes(1 << 20)
        while True:
            s.sendall(data)


def measure(congestion: str, loss: float, losses: int, divisor: int = 0, seed: int = 1) -> Measured:
    """Run until so many segments were lost. divisor: tcp_tso_win_divisor; 0: the card does not segment."""
    with softnet.Lab(seed=seed) as lab:
        a, b = lab.hosts("a", "b")
        link = lab.link(a, b, rate="100mbit", delay="20ms")
        link.set(loss=loss, towards="b")
        a.sysctl("net.ipv4.tcp_congestion_control", congestion)
        if divisor:
            a.sysctl("net.ipv4.tcp_tso_win_divisor", divisor)
        else:  # ethtool -K eth0 sg off tso off gso off
            segmenting = const.NETIF_F_SG | const.NETIF_F_TSO | const.NETIF_F_TSO_ECN
            a.host.device("eth0").features &= ~(segmenting | const.NETIF_F_GSO)
        b.start(sink)
        a.start(source, "b")
        lab.run_for(WARM_UP)
        way = link.cable.ab
        frames, lost, began = way.rx_frames, way.drops.get("loss", 0), lab.now
        while way.drops.get("loss", 0) < lost + losses:
            lab.run_for("5s")
        frames, lost, took = way.rx_frames - frames, way.drops["loss"] - lost, lab.now - began
        return Measured(frames * MSS * 8 / took / 1e6, lost / (frames + lost), took)


def reno(p: float) -> float:
    """Reno's response function, Mbit/s."""
    return MSS * 8 / RTT * math.sqrt(3 / (2 * ACKS_EVERY * p)) / 1e6


def cubic(p: float) -> float:
    """CUBIC's, Mbit/s."""
    return max(MSS * 8 / RTT * 1.054 * (RTT / p) ** 0.75 / 1e6, reno(p))


PUBLISHED = {"reno": reno, "cubic": cubic}


def main() -> None:
    """Measure, print a table, and draw it if asked to."""
    parser = argparse.ArgumentParser(description="Throughput against loss.")
    parser.add_argument("--losses", type=int, default=100, metavar="N", help="a measurement")
    parser.add_argument("--svg", metavar="FILE", help="draw it")
    args = parser.parse_args()
    chart = Chart("100 Mbit/s, 40 ms", "loss rate", "Mbit/s", log=True, height=460)
    colours = {"reno": (BLUE, GREEN, GREEN), "cubic": (RED, ORANGE, ORANGE)}
    chart.line("published, Reno", [(p, reno(p)) for p in (RATES[0], RATES[-1])], "#999999", "6 4")
    print("              loss   Mbit/s  published  ratio")
    for congestion, function in PUBLISHED.items():
        for colour, (divisor, what, mark) in zip(colours[congestion], CASES, strict=True):
            points = []
            name = congestion + what
            for p in RATES:
                m = measure(congestion, p, args.losses, divisor)
                published = function(m.loss)
                points.append((m.loss, m.mbit))
                ratio = m.mbit / published
                print(
                    f"{name:<12} {m.loss:.5f} {m.mbit:7.2f} {published:9.2f} {ratio:7.2f}",
                    flush=True,
                )
            chart.marks(name, points, colour, mark)
    if args.svg:
        Path(args.svg).write_text(figure([chart], "Throughput against loss"))


if __name__ == "__main__":
    main()
