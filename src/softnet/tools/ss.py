"""ss: the sockets of a host, as iproute2 shows them.

h1.ss("-tin")

-t -u -w    TCP, UDP, raw (TCP and UDP if none is given)
-x          UNIX sockets: name and inode, the peer's inode
-a -l       listening ones too, or only them
-n          numbers for ports
-i -o -m    TCP's inner state, its timers, memory
-e          user and inode
--json      a list of objects
"""

from __future__ import annotations

import json
import struct

import softnet.uapi.tcp as tcp
from softnet.tools.terminal import Parser, Terminal, parser, read_file
from softnet.wire.addr import ip_ntoa

STATES = (
    "UNKNOWN", "ESTAB", "SYN-SENT", "SYN-RECV", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "UNCONN",
    "CLOSE-WAIT", "LAST-ACK", "LISTEN", "CLOSING",
)  # fmt: skip
UNIX_NETIDS = {1: "u_str", 2: "u_dgr", 5: "u_seq"}
TIMERS = ("", "on", "keepalive", "timewait", "persist")
SERVICES = {7: "echo", 22: "ssh", 25: "smtp", 53: "domain", 80: "http", 443: "https"}
INFO = struct.Struct("<8B24I")  # struct tcp_info of 3.2
INFO_SMALL = (
    "state", "ca_state", "retransmits", "probes", "backoff", "options", "wscale", "pad",
)  # fmt: skip
INFO_WORDS = (
    "rto", "ato", "snd_mss", "rcv_mss", "unacked", "sacked", "lost", "retrans", "fackets",
    "last_data_sent", "last_ack_sent", "last_data_recv", "last_ack_recv", "pmtu", "rcv_ssthresh",
    "rtt", "rttvar", "snd_ssthresh", "snd_cwnd", "advmss", "reordering", "rcv_rtt", "rcv_space",
    "total_retrans",
)  # fmt: skip
SSTHRESH_INFINITE = 0xFFFF  # and above: no loss has set one

Record = dict[str, object]


def words() -> Parser:
    """The command line."""
    p = parser("ss", "list sockets")
    for letter, what in (
        ("t", "TCP"), ("u", "UDP"), ("w", "raw"), ("x", "UNIX"), ("a", "all"), ("l", "listening only"),
        ("n", "ports as numbers"), ("i", "TCP's inner state"), ("o", "timers"), ("m", "memory"),
        ("e", "user and inode"), ("H", "no header"), ("4", "IPv4 (always)"),
    ):  # fmt: skip
        p.add_argument(f"-{letter}", action="store_true", help=what)
    p.add_argument("--json", "-j", action="store_true", help="a list of objects")
    return p


def main(t: Terminal) -> int:
    """ss"""
    args = t.parse(words())
    every = not (args.t or args.u or args.w or args.x)
    rows = tcp_sockets() if args.t or every else []
    for wanted, name in ((args.u or every, "udp"), (args.w, "raw")):
        if wanted:
            rows += datagram_sockets(name)
    rows += unix_sockets() if args.x else []
    rows = [row for row in rows if shown(row, args.a, args.l)]
    if args.json:
        t.print(json.dumps(rows, indent=2))
        return 0
    netid = every or args.x or args.t + args.u + args.w > 1
    if not args.H:
        head = "Netid " if netid else ""
        t.print(
            f"{head}{'State':<11}{'Recv-Q':<7}{'Send-Q':<7}{'Local Address:Port':>21} "
            f"{'Peer Address:Port':>21} Process".rstrip()
        )
    for row in rows:
        if "type" in row:
            local, peer = unix_end(row["src"], row["sport"]), unix_end(row["dst"], row["dport"])
        else:
            local = end(row["src"], row["sport"], args.n)
            peer = end(row["dst"], row["dport"], args.n)
        line = f"{row['netid']:<6}" if netid else ""
        line += f"{row['state']:<11}{row['rqueue']:<7}{row['wqueue']:<7}{local:>21} {peer:>21}"
        t.print(" ".join([line, *extras(row, args.o, args.e)]).rstrip())
        if args.m and "meminfo" in row:
            t.print("\t " + memory_text(row))
        if args.i and "info" in row:
            t.print("\t " + info_text(row))
    return 0


def tcp_sockets() -> list[Record]:
    """TCP's sockets, tcp_info decoded."""
    rows = []
    for line in read_file("/proc/softnet/inet_diag").splitlines():
        row: Record = {"netid": "tcp", **json.loads(line)}
        row["state"] = STATES[int(str(row["state"]))]
        row["src"], row["dst"] = ip_ntoa(int(str(row["src"]))), ip_ntoa(int(str(row["dst"])))
        if "info" in row:
            values = INFO.unpack(bytes.fromhex(str(row["info"])))
            row["info"] = dict(zip((*INFO_SMALL, *INFO_WORDS), values, strict=True))
        rows.append(row)
    return rows


def datagram_sockets(name: str) -> list[Record]:
    """UDP's or raw's sockets, from /proc/net."""
    rows: list[Record] = []
    for line in read_file(f"/proc/net/{name}").splitlines()[1:]:
        fields = line.split()
        src, sport = hex_end(fields[1])
        dst, dport = hex_end(fields[2])
        tx, rx = fields[4].split(":")
        rows.append(
            {
                "netid": name, "state": STATES[int(fields[3], 16)], "src": src, "sport": sport,
                "dst": dst, "dport": dport, "rqueue": int(rx, 16), "wqueue": int(tx, 16),
                "uid": int(fields[7]), "inode": int(fields[9]),
            }
        )  # fmt: skip
    return rows


def unix_sockets() -> list[Record]:
    """UNIX sockets, in the shape of the others: a name for an address, an inode for a port."""
    rows: list[Record] = []
    for line in read_file("/proc/softnet/unix_diag").splitlines():
        row: Record = json.loads(line)
        row["netid"] = UNIX_NETIDS[int(str(row["type"]))]
        row["state"] = STATES[int(str(row["state"]))]
        row["src"], row["sport"] = row["name"] or "*", row["inode"]
        row["dst"], row["dport"] = row["peer_name"] or "*", row["peer"]
        row["uid"] = 0
        rows.append(row)
    return rows


def hex_end(text: str) -> tuple[str, int]:
    """0100007F:0050 -> 127.0.0.1, 80."""
    addr, port = text.split(":")
    return ip_ntoa(int.from_bytes(bytes.fromhex(addr), "little")), int(port, 16)


def shown(row: Record, everything: bool, listening: bool) -> bool:
    """Is the socket wanted? Without -a and -l those that are connected."""
    passive = row["state"] in ("LISTEN", "UNCONN")
    return everything or passive == listening


def unix_end(name: object, inode: object) -> str:
    """/run/app.sock 17, * 18."""
    return f"{name} {inode}"


def end(addr: object, port: object, numeric: bool) -> str:
    """10.0.0.1:80, *:http."""
    host = "0.0.0.0" if addr == "0.0.0.0" else str(addr)
    name = str(port) if numeric else SERVICES.get(int(str(port)), str(port))
    return f"{host}:{name if port else '*'}"


def extras(row: Record, timers: bool, users: bool) -> list[str]:
    """timer:(on,200ms,0) and uid:0 ino:7, if wanted."""
    words = []
    if timers and row.get("timer"):
        name = TIMERS[int(str(row["timer"]))]
        words.append(f"timer:({name},{show_timer(int(str(row['expires'])))},{row['retrans']})")
    if users and "inode" in row:
        words.append(f"uid:{row['uid']} ino:{row['inode']}")
    return words


def show_timer(ms: int) -> str:
    """200ms, 1.50sec, 2min13sec."""
    if ms < 1000:
        return f"{ms}ms"
    seconds, rest = divmod(ms, 1000)
    if seconds < 10 and rest:
        return f"{seconds}.{rest:03d}ms"
    return f"{seconds}sec" if seconds < 60 else f"{seconds // 60}min{seconds % 60}sec"


def memory_text(row: Record) -> str:
    """skmem:(r0,rb87380,t0,tb16384,f0,w0): INET_DIAG_SKMEMINFO's fields."""
    info = row["meminfo"]
    assert isinstance(info, list)
    rmem, wqueued, forward, wmem, rcvbuf, sndbuf = info
    return f"skmem:(r{rmem},rb{rcvbuf},t{wmem},tb{sndbuf},f{forward},w{wqueued})"


def info_text(row: Record) -> str:
    """The line of -i, from tcp_info: " ts sack cubic wscale:7,7 rto:204 rtt:1.5/0.75 ..."."""
    info = row["info"]
    assert isinstance(info, dict)
    out = []
    for bit, name in (
        (tcp.TCPI_OPT_TIMESTAMPS, "ts"),
        (tcp.TCPI_OPT_SACK, "sack"),
        (tcp.TCPI_OPT_ECN, "ecn"),
    ):
        if info["options"] & bit:
            out.append(name)
    out.append(str(row["cong"]))
    if info["options"] & tcp.TCPI_OPT_WSCALE:
        out.append(f"wscale:{info['wscale'] & 15},{info['wscale'] >> 4}")
    if row["state"] == "LISTEN":
        out.append(f"cwnd:{info['snd_cwnd']}")
        return " ".join(out)
    out.append(f"rto:{number(info['rto'] / 1000)}")
    if info["backoff"]:
        out.append(f"backoff:{info['backoff']}")
    if info["rtt"]:
        out.append(f"rtt:{number(info['rtt'] / 1000)}/{number(info['rttvar'] / 1000)}")
    if info["ato"]:
        out.append(f"ato:{number(info['ato'] / 1000)}")
    out.append(f"mss:{info['snd_mss']} pmtu:{info['pmtu']} rcvmss:{info['rcv_mss']}")
    out.append(f"advmss:{info['advmss']} cwnd:{info['snd_cwnd']}")
    if info["snd_ssthresh"] < SSTHRESH_INFINITE:
        out.append(f"ssthresh:{info['snd_ssthresh']}")
    if info["rtt"]:
        rate = info["snd_mss"] * info["snd_cwnd"] * 8e6 / info["rtt"]
        out.append(f"send {show_rate(rate)}")
    for name, field in (("lastsnd", "last_data_sent"), ("lastrcv", "last_data_recv")):
        if info[field]:
            out.append(f"{name}:{info[field]}")
    if info["last_ack_recv"]:
        out.append(f"lastack:{info['last_ack_recv']}")
    if info["unacked"]:
        out.append(f"unacked:{info['unacked']}")
    if info["retrans"] or info["total_retrans"]:
        out.append(f"retrans:{info['retrans']}/{info['total_retrans']}")
    for name in ("lost", "sacked"):
        if info[name]:
            out.append(f"{name}:{info[name]}")
    if info["reordering"] != 3:
        out.append(f"reordering:{info['reordering']}")
    if info["rcv_rtt"]:
        out.append(f"rcv_rtt:{number(info['rcv_rtt'] / 1000)}")
    if info["rcv_space"]:
        out.append(f"rcv_space:{info['rcv_space']}")
    out.append(f"rcv_ssthresh:{info['rcv_ssthresh']}")
    return " ".join(out)


def number(value: float) -> str:
    """%g"""
    return f"{value:g}"


def show_rate(bps: float) -> str:
    """11583bps, 4.6Mbps."""
    for unit, scale in (("Gbps", 1e9), ("Mbps", 1e6), ("Kbps", 1e3)):
        if bps >= scale:
            return f"{bps / scale:.3g}{unit}"
    return f"{bps:.0f}bps"
