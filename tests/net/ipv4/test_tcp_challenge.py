"""Challenge ACKs are limited per second."""

from __future__ import annotations

from tests.kit.tcp_peer import Dut


def test_limit_of_one_second(dut: Dut) -> None:
    limit = dut.net.ipv4.tcp.challenge_ack_limit
    _, peer = dut.accepted()
    for _ in range(limit + 50):
        peer.send("R", 100)
    assert len(peer.take()) == limit
    assert dut.ext("TCPCHALLENGEACK") == limit
    dut.pass_time(1)
    peer.send("R", 100)
    peer.expect(".", ack=1)


def test_limit_is_shared_by_all_connections(dut: Dut) -> None:
    dut.net.ipv4.tcp.challenge_ack_limit = 3
    fd = dut.listen()
    peers = [dut.peer(sport=40000 + i) for i in range(3)]
    for peer in peers:
        peer.handshake()
        dut.accept(fd)
        for _ in range(2):
            peer.send("R", 100)
    assert sum(len(peer.take()) for peer in peers) == 3
