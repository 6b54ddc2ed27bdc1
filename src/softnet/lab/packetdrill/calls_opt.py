"""setsockopt() and getsockopt() of scripts: values as C lays them out."""

from __future__ import annotations

import struct

import softnet.syscalls as sys_
import softnet.uapi.socket as socket
import softnet.uapi.tcp as tcp
from softnet.lab.packetdrill.callargs import CallContext
from softnet.lab.packetdrill.nodes import ANY, NULL, Struct, Text, Value

TIMEOUTS = (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO)
ROOM = 4096  # bytes that getsockopt() may write where the script does not say how many


def call_setsockopt(c: CallContext) -> int:
    """setsockopt(fd, level, option, [value] | "text" | {onoff=1, linger=0} | {tcpm_addr=…}, size)"""
    level, option, value = c.number(1), c.number(2), c.value(3)
    raw = pack(c, level, option, value)
    size = c.number(4, len(raw))
    sys_.sys_setsockopt(c.fd(0), level, option, raw[:size].ljust(size, b"\0"))
    return 0


def pack(c: CallContext, level: int, option: int, value: Value) -> bytes:
    """A value as bytes."""
    if value is ANY or value is NULL:
        return b""
    if isinstance(value, Text):
        return value.value.encode("latin-1")
    if isinstance(value, Struct):
        fields = value.fields
        if value.kind == "timeval":
            return struct.pack("<qq", c.plain(fields["tv_sec"]), c.plain(fields.get("tv_usec", 0)))
        if value.kind == "tcp_md5sig":
            return md5sig(c, value)
        onoff = fields.get("onoff", fields.get("l_onoff", 0))
        linger = fields.get("linger", fields.get("l_linger", 0))
        return struct.pack("<ii", c.plain(onoff), c.plain(linger))
    values = value if isinstance(value, list) else [value]
    if len(values) == 1 and isinstance(values[0], Text | Struct):
        return pack(c, level, option, values[0])
    numbers = [c.plain(v) for v in values]
    if level == socket.SOL_SOCKET and option in TIMEOUTS:
        return struct.pack("<qq", *[*numbers, 0][:2])
    return b"".join((n & 0xFFFFFFFF).to_bytes(4, "little") for n in numbers)


def md5sig(c: CallContext, value: Struct) -> bytes:
    """struct tcp_md5sig from {tcpm_addr=inet_addr("192.0.2.1"), tcpm_key="secret"}."""
    key = value.fields.get("tcpm_key", ANY)
    if not isinstance(key, Text):
        raise c.fail("a tcp_md5sig has a tcpm_key, a string")
    peer = struct.pack("<HH", socket.AF_INET, 0) + c.plain(value.fields["tcpm_addr"]).to_bytes(4)
    raw = key.value.encode("latin-1")
    return peer.ljust(128, b"\0") + struct.pack("<HHI80s", 0, len(raw), 0, raw)


def call_getsockopt(c: CallContext) -> int:
    """getsockopt(fd, level, option, [value] | "text" | {…}, [size])"""
    level, option, wanted = c.number(1), c.number(2), c.value(3)
    size = c.number(4, ROOM)
    raw = sys_.sys_getsockopt(c.fd(0), level, option, size)
    if isinstance(c.value(4), list):
        c.check("size", c.value(4), len(raw))
    if wanted is ANY or wanted is NULL:
        return 0
    if isinstance(wanted, list) and len(wanted) == 1 and isinstance(wanted[0], Text | Struct):
        wanted = wanted[0]
    if isinstance(wanted, Text):
        c.check("value", wanted, raw.split(b"\0")[0].decode("latin-1"))
    elif isinstance(wanted, Struct):
        onoff, linger = struct.unpack("<ii", raw[:8])
        for names, seen in ((("onoff", "l_onoff"), onoff), (("linger", "l_linger"), linger)):
            value = next((wanted.fields[n] for n in names if n in wanted.fields), ANY)
            c.check(names[0], value, seen)
    else:
        values = wanted if isinstance(wanted, list) else [wanted]
        for at, value in enumerate(values):
            check_number(c, level, option, value, raw, at)
    return 0


def check_number(
    c: CallContext, level: int, option: int, value: Value, raw: bytes, at: int
) -> None:
    """The at-th number of an option's value."""
    width = 8 if level == socket.SOL_SOCKET and option in TIMEOUTS else min(len(raw), 4)
    part = raw[at * width : at * width + width]
    signed = int.from_bytes(part, "little", signed=True)
    unsigned = int.from_bytes(part, "little")
    seen = unsigned if value == unsigned or level == tcp_level(option, level) else signed
    c.check("value", value, seen)


def tcp_level(option: int, level: int) -> int:
    """The level of an option that is an unsigned number; -1 for those that are signed."""
    unsigned = (tcp.TCP_USER_TIMEOUT, tcp.TCP_NOTSENT_LOWAT)
    return level if level == socket.SOL_TCP and option in unsigned else -1
