"""Files that a program sees in place of the machine's: /etc/hosts, /etc/resolv.conf, /proc/net.

With them libc's resolver, and every other one, asks the simulated network for names, by real
queries on the wire where the lab has a DNS server.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import softnet.syscalls as sys_
from softnet.usr.resolver import the_resolver_of

PROC = (b"/proc/net/", b"/proc/self/net/", b"/proc/sys/net/", b"/proc/thread-self/net/")
CHUNK = 1 << 16


def read_file(t: Any, path: bytes) -> bytes | None:
    """The host's own file at path; None: it has none, the machine's will do. OSError."""
    if path.startswith(PROC):
        return read_proc(path)
    text = FILES.get(path)
    return text(t).encode() if text is not None else None


def read_proc(path: bytes) -> bytes:
    """A file of the host's /proc. OSError(ENOENT)."""
    name = path.decode("utf-8", "surrogateescape")
    for own in ("/proc/self/net/", "/proc/thread-self/net/"):
        if name.startswith(own):
            name = "/proc/net/" + name.removeprefix(own)
    k = sys_.sys_open(name)
    try:
        parts = []
        while part := sys_.sys_read(k, CHUNK):
            parts.append(part)
        return b"".join(parts)
    finally:
        sys_.sys_close(k)


def hosts(t: Any) -> str:
    """/etc/hosts: the lab's names, unless a DNS server has them."""
    machine = t.tree.clock.machine
    rows: list[tuple[str, tuple[str, ...]]] = [("127.0.0.1", ("localhost",))]
    resolver = the_resolver_of(machine.world)
    if resolver is not None:
        rows += resolver.hosts_table(machine.name)
    name = t.tree.clock.hostname
    if not any(name.lower() == known.lower() for _, names in rows for known in names):
        rows.append(("127.0.1.1", (name,)))
    return "".join(f"{address}\t{' '.join(names)}\n" for address, names in rows)


def resolv_conf(t: Any) -> str:
    """/etc/resolv.conf"""
    machine = t.tree.clock.machine
    resolver = the_resolver_of(machine.world)
    conf = resolver.resolv_conf(machine.name) if resolver is not None else None
    if conf is None:
        return "# nobody: /etc/hosts has all names\noptions attempts:1 timeout:1\n"
    lines = [f"nameserver {address}" for address in conf.nameservers]
    if conf.search:
        lines.append("search " + " ".join(conf.search))
    options = [f"ndots:{conf.ndots}", f"timeout:{int(conf.timeout)}", f"attempts:{conf.attempts}"]
    options += ["rotate"] if conf.rotate else []
    options += ["edns0"] if conf.edns0 else []
    return "\n".join([*lines, "options " + " ".join(options)]) + "\n"


def nsswitch(t: Any) -> str:
    """/etc/nsswitch.conf: files of the machine, names of the host."""
    machine = t.tree.clock.machine
    resolver = the_resolver_of(machine.world)
    asks = resolver is not None and resolver.resolv_conf(machine.name) is not None
    others = "".join(f"{what}: files\n" for what in ("passwd", "group", "services", "protocols"))
    return others + ("hosts: files dns\n" if asks else "hosts: files\n")


def hostname(t: Any) -> str:
    """/etc/hostname"""
    return f"{t.tree.clock.hostname}\n"


FILES: dict[bytes, Callable[[Any], str]] = {
    b"/etc/hosts": hosts,
    b"/etc/resolv.conf": resolv_conf,
    b"/etc/nsswitch.conf": nsswitch,
    b"/etc/hostname": hostname,
    b"/etc/host.conf": lambda t: "multi on\n",
}
