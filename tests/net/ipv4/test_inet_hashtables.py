"""Lookup tables of connections, listeners and ports."""

from __future__ import annotations

import errno

from softnet.net.ipv4.inet_hashtables import (
    inet_hash_connect,
    inet_hash_nolisten,
    inet_lookup_established,
    inet_lookup_listener,
    inet_lookup_timewait,
    inet_unhash,
)
from softnet.net.ipv4.inet_timewait_sock import inet_twsk_alloc
from softnet.structs.socket import SockaddrIn
from softnet.structs.tcp import TcpSock
from softnet.syscalls import sys_bind, sys_close, sys_connect
from softnet.uapi.tcp import TCP_LISTEN
from softnet.wire.addr import ip_aton
from tests.kit.errors import os_error
from tests.kit.tcp_peer import PEER, Dut

US = ip_aton("10.0.0.1")


def conn(dut: Dut, sport: int, dport: int = 80, daddr: int = PEER) -> TcpSock:
    """A socket with addresses, in no table."""
    sk = dut.sock(dut.socket())
    sk.inet_rcv_saddr = sk.inet_saddr = US
    sk.inet_daddr, sk.inet_dport, sk.inet_num, sk.inet_sport = daddr, dport, sport, sport
    return sk


def find(dut: Dut, sport: int, dport: int = 80, dif: int = 0) -> object:
    return inet_lookup_established(dut.net.ipv4.tcp_hashinfo, PEER, dport, US, sport, dif)


def test_all_four_addresses_count(dut: Dut) -> None:
    hinfo = dut.net.ipv4.tcp_hashinfo
    a, b, c = conn(dut, 1000), conn(dut, 1001), conn(dut, 1000, 81)
    for sk in (a, b, c):
        inet_hash_nolisten(hinfo, sk)
    assert find(dut, 1000) is a
    assert find(dut, 1001) is b
    assert find(dut, 1000, 81) is c
    assert find(dut, 1001, 81) is None
    assert inet_unhash(hinfo, a)
    assert find(dut, 1000) is None
    assert not inet_unhash(hinfo, a)


def test_bound_device_must_match(dut: Dut) -> None:
    sk = conn(dut, 1000)
    sk.sk_bound_dev_if = 5
    inet_hash_nolisten(dut.net.ipv4.tcp_hashinfo, sk)
    assert find(dut, 1000, dif=5) is sk
    assert find(dut, 1000, dif=6) is None


def test_table_grows_and_nothing_is_lost(dut: Dut) -> None:
    hinfo = dut.net.ipv4.tcp_hashinfo
    before = hinfo.ehash_mask
    socks = [conn(dut, port) for port in range(1000, 1100)]
    for sk in socks:
        inet_hash_nolisten(hinfo, sk)
    assert hinfo.ehash_mask > before
    assert [find(dut, sk.inet_num) for sk in socks] == socks
    for sk in socks:
        inet_unhash(hinfo, sk)
    assert hinfo.ehash_count == 0
    assert not any(hinfo.ehash)


def test_best_listener_wins(dut: Dut) -> None:
    hinfo = dut.net.ipv4.tcp_hashinfo
    a, b, c = (dut.sock(dut.socket()) for _ in range(3))
    for sk in (a, b, c):
        sk.sk_state = TCP_LISTEN
        sk.inet_num = 80
    b.inet_rcv_saddr = US
    c.inet_rcv_saddr = US
    c.sk_bound_dev_if = 3
    for sk in (c, b, a):
        sk.sk_prot.hash(sk)
    assert inet_lookup_listener(hinfo, PEER, 5, PEER, 80, 1) is a
    assert inet_lookup_listener(hinfo, PEER, 5, US, 80, 1) is b
    assert inet_lookup_listener(hinfo, PEER, 5, US, 80, 3) is c
    assert inet_lookup_listener(hinfo, PEER, 5, US, 81, 1) is None


def test_mini_sockets_are_a_table_of_their_own(dut: Dut) -> None:
    conn_fd, peer = dut.accepted()
    dut.shut(conn_fd)
    peer.expect("F.")
    peer.send("F.", 1, ack=2)
    hinfo = dut.net.ipv4.tcp_hashinfo
    assert inet_lookup_established(hinfo, PEER, 40000, US, 80, 0) is None
    tw = inet_lookup_timewait(hinfo, PEER, 40000, US, 80, 0)
    assert tw is not None
    assert tw.tw_num == 80
    assert hinfo.tw_count == 1


def test_who_takes_a_mini_socket_s_place_goes_on_far_behind_it(dut: Dut) -> None:
    """RFC 6191; with timestamps only."""
    tw = inet_twsk_alloc(conn(dut, 80), 6)
    sk = dut.sock(dut.socket())
    unique = dut.net.ipv4.tcp_hashinfo.twsk_unique
    assert not unique(sk, tw, False)
    tw.tw_ts_recent, tw.tw_ts_recent_stamp = 5, 1
    for snd_nxt, isn in ((1000, 66537), ((1 << 32) - 65537, 1)):
        tw.tw_snd_nxt = snd_nxt
        assert unique(sk, tw, False)
        assert sk.write_seq == isn
    assert (sk.rx_opt.ts_recent, sk.rx_opt.ts_recent_stamp) == (5, 1)


def test_ephemeral_ports_of_one_destination_follow_each_other(dut: Dut) -> None:
    """The search begins at a keyed hash, plus a counter."""
    ports = []
    for _ in range(5):
        fd = dut.socket()
        dut.connect(fd)
        ports.append(dut.sock(fd).inet_num)
    assert len(set(ports)) == 5
    assert all(32768 <= port <= 61000 for port in ports)
    low, high = dut.net.ipv4.local_port_low, dut.net.ipv4.local_port_high
    size = high - low + 1
    steps = {(b - a) % size for a, b in zip(ports, ports[1:], strict=False)}
    assert steps == {1}


def test_a_free_port_is_not_taken_again_at_once(dut: Dut) -> None:
    """The counter goes on, also when the last port was given back; another destination begins elsewhere."""
    ports = []
    for port in (80, 80, 81):
        fd = dut.socket()
        dut.connect(fd, port)
        ports.append(dut.sock(fd).inet_num)
        dut.call(sys_close, fd)
    assert abs(ports[1] - ports[0]) in (1, 61000 - 32768)
    assert abs(ports[2] - ports[1]) > 1


def test_port_is_shared_between_destinations(dut: Dut) -> None:
    dut.net.ipv4.local_port_low = dut.net.ipv4.local_port_high = 50000
    for port in (80, 81):
        fd = dut.socket()
        dut.connect(fd, port)
        assert dut.sock(fd).inet_num == 50000
    task = dut.connect(dut.socket(), 80)
    with os_error(errno.EADDRNOTAVAIL):
        task.result()


def test_reserved_port_is_passed_over(dut: Dut) -> None:
    v4 = dut.net.ipv4
    v4.local_port_low, v4.local_port_high = 50000, 50001
    v4.reserved_ports = {50000}
    fd = dut.socket()
    dut.connect(fd)
    assert dut.sock(fd).inet_num == 50001


def test_bound_port_is_passed_over(dut: Dut) -> None:
    v4 = dut.net.ipv4
    v4.local_port_low, v4.local_port_high = 50000, 50001
    dut.call(sys_bind, dut.socket(), SockaddrIn(0, 50000))
    fd = dut.socket()
    dut.connect(fd)
    assert dut.sock(fd).inet_num == 50001


def test_two_bound_sockets_to_one_destination(dut: Dut) -> None:
    fds = [dut.socket(), dut.socket()]
    for fd in fds:
        dut.setopt(fd, 1, 2, 1)  # SO_REUSEADDR
        dut.call(sys_bind, fd, SockaddrIn(0, 5000))
    first = dut.connect(fds[0])
    assert not first.finished()
    with os_error(errno.EADDRNOTAVAIL):
        dut.call(sys_connect, fds[1], SockaddrIn(PEER, 80))


def test_connecting_the_only_owner_needs_no_search(dut: Dut) -> None:
    fd = dut.socket()
    dut.call(sys_bind, fd, SockaddrIn(0, 5000))
    sk = dut.sock(fd)
    sk.inet_rcv_saddr, sk.inet_daddr, sk.inet_dport = US, PEER, 80
    assert inet_hash_connect(dut.net.ipv4.tcp_hashinfo, sk) == 0
    assert find(dut, 5000) is sk


def test_mini_socket_has_the_socket_s_addresses(dut: Dut) -> None:
    tw = inet_twsk_alloc(conn(dut, 1000), 6)
    assert (tw.tw_rcv_saddr, tw.tw_num, tw.tw_daddr, tw.tw_dport) == (US, 1000, PEER, 80)
