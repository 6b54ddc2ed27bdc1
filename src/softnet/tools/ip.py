"""ip: devices, addresses, routes and neighbours, to read; what iproute2's ip prints of them.

    h1.ip("addr")    h1.ip("-s link")    h1.ip("route")    h1.ip("neigh")    h1.ip("-j route").json

Read from /proc/net and by ioctls, so it shows what these know.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import softnet.syscalls as sys_
import softnet.uapi.socket as socket
import softnet.uapi.sockios as sockios
from softnet.tools.terminal import Parser, Terminal, ToolError, parser, read_file
from softnet.wire.addr import ip_ntoa

RTF_UP, RTF_GATEWAY, RTF_REJECT = 0x1, 0x2, 0x200
ATF_COM, ATF_PERM = 0x02, 0x04
OBJECTS = ("address", "link", "route", "neighbour")
RX = ("bytes", "packets", "errors", "dropped", "overrun", "frame", "compressed", "mcast")
TX = ("bytes", "packets", "errors", "dropped", "overrun", "collsns", "carrier", "compressed")

Record = dict[str, object]


def words() -> Parser:
    """The command line."""
    p = parser("ip", "show devices, addresses, routes and neighbours")
    p.add_argument("-s", action="store_true", help="statistics too")
    p.add_argument("-j", "--json", action="store_true", help="a list of objects")
    p.add_argument("-4", action="store_true", dest="four", help="IPv4 (always)")
    p.add_argument("object", help="address, link, route or neighbour; may be shortened")
    p.add_argument("verb", nargs="*", help="show, and the device")
    return p


def main(t: Terminal) -> int:
    """ip"""
    args = t.parse(words())
    name = next((o for o in OBJECTS if o.startswith(args.object)), "")
    if not name:
        raise ToolError(f'Object "{args.object}" is unknown, try "ip -h".', 1)
    rest = args.verb
    if (rest and "show".startswith(rest[0])) or rest[:1] == ["list"]:
        rest = rest[1:]
    if rest[:1] == ["dev"]:
        rest = rest[1:]
    if len(rest) > 1:
        raise ToolError(f'Command "{" ".join(args.verb)}" is unknown: this ip shows only.', 1)
    wanted = rest[0] if rest else ""
    records, show = TABLE[name]
    rows = [row for row in records() if wanted in ("", row["dev"])]
    if wanted and not rows and name in ("address", "link"):
        raise ToolError(f'Device "{wanted}" does not exist.', 1)
    if args.json:
        t.print(json.dumps(rows, indent=2))
    else:
        for row in rows:
            t.print(*show(row, args.s))
    return 0


def devices() -> list[Record]:
    """The devices with what they counted."""
    rows: list[Record] = []
    for i, line in enumerate(read_file("/proc/net/dev").splitlines()[2:], 1):
        name, _, rest = line.partition(":")
        values = [int(v) for v in rest.split()]
        rows.append(
            {
                "index": i,
                "dev": name.strip(),
                "rx": dict(zip(RX, values[:8], strict=True)),
                "tx": dict(zip(TX, values[8:], strict=True)),
            }
        )
    return rows


def addresses() -> list[Record]:
    """The devices, each with its first address."""
    rows = devices()
    fd = sys_.sys_socket(socket.AF_INET, socket.SOCK_DGRAM, 0)
    try:
        for row in rows:
            name = str(row["dev"])
            row["local"] = ask(fd, sockios.SIOCGIFADDR, name)
            mask = ask(fd, sockios.SIOCGIFNETMASK, name)
            row["prefixlen"] = prefix_of(mask) if mask else None
            row["broadcast"] = ask(fd, sockios.SIOCGIFBRDADDR, name)
    finally:
        sys_.sys_close(fd)
    return rows


def ask(fd: int, cmd: int, name: str) -> str | None:
    """One address of a device by ioctl; None if it has none."""
    request = bytearray(name.encode().ljust(40, b"\0"))
    try:
        answer = sys_.sys_ioctl(fd, cmd, request)
    except OSError:
        return None
    reply = answer if isinstance(answer, bytes | bytearray) else request
    return ip_ntoa(int.from_bytes(reply[20:24], "big"))


def prefix_of(mask: str) -> int:
    """255.255.255.0 -> 24."""
    return sum(int(octet).bit_count() for octet in mask.split("."))


def routes() -> list[Record]:
    """The main table, from /proc/net/route."""
    rows: list[Record] = []
    for line in read_file("/proc/net/route").splitlines()[1:]:
        f = line.split()
        flags = int(f[3], 16)
        if not flags & RTF_UP:
            continue
        plen = int.from_bytes(bytes.fromhex(f[7]), "little").bit_count()
        dst = little(f[1])
        rows.append(
            {
                "dst": "default" if not plen else dst if plen == 32 else f"{dst}/{plen}",
                "gateway": little(f[2]) if flags & RTF_GATEWAY else None,
                "dev": f[0],
                "metric": int(f[6]),
                "reject": bool(flags & RTF_REJECT),
            }
        )
    return rows


def little(text: str) -> str:
    """0100000A -> 10.0.0.1."""
    return ip_ntoa(int.from_bytes(bytes.fromhex(text), "little"))


def neighbours() -> list[Record]:
    """The ARP table, from /proc/net/arp."""
    rows: list[Record] = []
    for line in read_file("/proc/net/arp").splitlines()[1:]:
        f = line.split()
        flags = int(f[2], 16)
        state = "PERMANENT" if flags & ATF_PERM else "REACHABLE" if flags & ATF_COM else "FAILED"
        lladdr = f[3] if flags & ATF_COM else None
        rows.append({"dst": f[0], "dev": f[5], "lladdr": lladdr, "state": state})
    return rows


def show_link(row: Record, statistics: bool) -> list[str]:
    """2: eth0:, and what it counted."""
    lines = [f"{row['index']}: {row['dev']}:"]
    if statistics:
        for title, side in (("RX", "rx"), ("TX", "tx")):
            counts = row[side]
            assert isinstance(counts, dict)
            names = [n for n in counts if n not in ("frame", "compressed")]
            lines.append(f"    {title}: " + " ".join(f"{n:<8}" for n in names).rstrip())
            pad = " " * 8
            lines.append(pad + " ".join(f"{counts[n]:<8}" for n in names).rstrip())
    return lines


def show_address(row: Record, statistics: bool) -> list[str]:
    """2: eth0: and its address below."""
    lines = show_link(row, False)
    if row["local"]:
        host = row["dev"] == "lo"
        brd = "" if host or row["broadcast"] in (None, "0.0.0.0") else f" brd {row['broadcast']}"
        scope = "host" if host else "global"
        lines.append(f"    inet {row['local']}/{row['prefixlen']}{brd} scope {scope} {row['dev']}")
    return lines + show_link(row, statistics)[1:]


def show_route(row: Record, statistics: bool) -> list[str]:
    """default via 10.0.0.1 dev eth0"""
    kind = "unreachable " if row["reject"] else ""
    via = f" via {row['gateway']}" if row["gateway"] else ""
    scope = "" if row["gateway"] else " scope link"
    metric = f" metric {row['metric']}" if row["metric"] else ""
    return [f"{kind}{row['dst']}{via} dev {row['dev']}{scope}{metric}"]


def show_neighbour(row: Record, statistics: bool) -> list[str]:
    """10.0.0.2 dev eth0 lladdr 02:00:00:00:02:00 REACHABLE"""
    lladdr = f" lladdr {row['lladdr']}" if row["lladdr"] else ""
    return [f"{row['dst']} dev {row['dev']}{lladdr} {row['state']}"]


TABLE: dict[str, tuple[Callable[[], list[Record]], Callable[[Record, bool], list[str]]]] = {
    "address": (addresses, show_address),
    "link": (devices, show_link),
    "route": (routes, show_route),
    "neighbour": (neighbours, show_neighbour),
}
