"""/proc/net: what netstat(8) reads; the columns that do not depend on time or memory."""

from __future__ import annotations

import socket

from tests.diff.recorder import Recorder

HERE = "127.0.0.1"
# local, remote, state, queues, uid: not the timer, the inode, the pointer
COLUMNS = (1, 2, 3, 4, 7)


def _rows(t: Recorder, name: str) -> list[list[str]]:
    """The rows of a file of /proc/net without its head."""
    text = t.unlike.read_proc(f"/proc/net/{name}")
    return [line.split() for line in text.splitlines()[1:]]


def _table(t: Recorder, name: str) -> None:
    """Note the rows, their ephemeral ports named."""
    shown = []
    for row in _rows(t, name):
        columns = [row[i] for i in COLUMNS]
        for i in (0, 1):
            addr, port = columns[i].split(":")
            columns[i] = f"{addr}:{t.port_name(int(port, 16))}"
        shown.append(" ".join(columns))
    for row in sorted(shown):
        t.note(f"/proc/net/{name}", row)


def heads(t: Recorder) -> None:
    for name in ("udp", "raw", "arp", "route", "igmp"):
        text = t.unlike.read_proc(f"/proc/net/{name}").splitlines()
        t.note(name, " ".join(text[0].split()))
    t.note("tcp", " ".join(t.unlike.read_proc("/proc/net/tcp").splitlines()[0].split()))


def listening(t: Recorder) -> None:
    t.listener(5001, 5)
    s = t.tcp()
    s.bind(("0.0.0.0", 5002))
    _table(t, "tcp")
    s.listen(1)
    _table(t, "tcp")


def established(t: Recorder) -> None:
    listener = t.listener(5001)
    c = t.tcp()
    c.sock.connect((HERE, 5001))
    t.pause(0.06)
    _table(t, "tcp")
    listener.accept()
    c.send(b"12345")
    t.pause(0.06)
    _table(t, "tcp")


def closing(t: Recorder) -> None:
    listener = t.listener(5001)
    c = t.tcp()
    c.sock.connect((HERE, 5001))
    a = listener.accept()
    c.shutdown(socket.SHUT_WR)
    t.pause(0.06)
    _table(t, "tcp")
    a.close()
    t.pause(0.06)
    _table(t, "tcp")


def syn_sent(t: Recorder) -> None:
    t.listener(5001, 0)
    for _ in range(4):
        c = t.tcp()
        c.sock.setblocking(False)
        c.sock.connect_ex((HERE, 5001))
        t.pause(0.01)
    states = sorted(row[3] for row in _rows(t, "tcp") if row[2].endswith(":1389"))
    t.note("the last", states[-1] == "02")


def datagrams(t: Recorder) -> None:
    s = t.bound(5001)
    u = t.udp()
    u.sock.connect((HERE, 5001))
    _table(t, "udp")
    u.send(b"12345")
    t.note("queued", [row[4] != "00000000:00000000" for row in _rows(t, "udp")].count(True))
    s.recv(9)
    s.close()
    u.close()
    t.note("none", _rows(t, "udp"))


def raw(t: Recorder) -> None:
    s = t.socket(socket.AF_INET, socket.SOCK_RAW, 99)
    s.connect((HERE, 0))
    _table(t, "raw")


def routes_and_devices(t: Recorder) -> None:
    t.unlike.add_link()
    t.note("route", _rows(t, "route"))
    rows = [row[0] for row in _rows(t, "dev")[1:]]
    t.note("dev", sorted(rows))


def groups(t: Recorder) -> None:
    s = t.udp()
    s.set(socket.IPPROTO_IP, 35, socket.inet_aton("224.1.2.3") + socket.inet_aton(HERE))
    text = t.unlike.read_proc("/proc/net/igmp")
    t.note("groups", [line.split()[:2] for line in text.splitlines()[1:] if line[:1] != "\t"][:1])
    t.note("members", [line.split()[:2] for line in text.splitlines() if line[:1] == "\t"][:2])


def counters(t: Recorder) -> None:
    """What ticks for a few datagrams."""

    def read() -> dict[str, int]:
        rows = t.unlike.read_proc("/proc/net/snmp").splitlines()
        found = {}
        for names, values in zip(rows[::2], rows[1::2], strict=True):
            for name, value in zip(names.split()[1:], values.split()[1:], strict=True):
                found[f"{names.split(':')[0]}.{name}"] = int(value)
        return found

    before = read()
    s = t.bound(5001)
    u = t.udp()
    u.sendto(b"x", (HERE, 5001))
    u.sendto(b"x", (HERE, 9))
    s.recv(9)
    c = t.tcp()
    c.connect((HERE, 9))
    _changes(t, before, read())


def _changes(t: Recorder, before: dict[str, int], after: dict[str, int]) -> None:
    """Note what grew, of the counters that 3.2 has."""
    t.since("6.7", "'absent'", "/proc/net/snmp counts OutTransmits")
    t.note("OutTransmits", after.pop("Ip.OutTransmits", "absent"))
    for name in sorted(after):
        group = name.split(".")[0]
        if after[name] != before[name] and group in ("Ip", "Icmp", "Udp", "Tcp"):
            t.note(name, after[name] - before[name])
