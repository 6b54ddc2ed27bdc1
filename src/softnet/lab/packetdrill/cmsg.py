"""Ancillary data of scripts: struct cmsghdr and what lies in it."""

from __future__ import annotations

import struct

import softnet.uapi.in_ as in_
import softnet.uapi.socket as socket
from softnet.lab.packetdrill.callargs import CallContext
from softnet.lab.packetdrill.nodes import ANY, NULL, Struct, Text, Value

EXTERR = "<IBBBxII"  # struct sock_extended_err
EXTERR_FIELDS = ("ee_errno", "ee_origin", "ee_type", "ee_code", "ee_info", "ee_data")
TIMES = {socket.SO_TIMESTAMP: "<qq", socket.SO_TIMESTAMPNS: "<qq", socket.SO_TIMESTAMPING: "<6q"}
ControlRow = tuple[int, int, bytes]


def pack_control(c: CallContext, value: Value) -> list[ControlRow] | None:
    """msg_control of sendmsg()."""
    if not isinstance(value, list):
        return None
    rows = []
    for item in value:
        s = c.struct(item, "cmsg")
        level = c.plain(s.fields["cmsg_level"])
        kind = c.plain(s.fields["cmsg_type"])
        data = s.fields.get("cmsg_data", NULL)
        if isinstance(data, Text):
            raw = data.value.encode("latin-1")
        else:
            values = data if isinstance(data, list) else [data]
            raw = b"".join((c.plain(v) & 0xFFFFFFFF).to_bytes(4, "little") for v in values)
        rows.append((level, kind, raw))
    return rows


def check_control(c: CallContext, wanted: list[Value], rows: list[ControlRow]) -> None:
    """Compare what recvmsg() got with what the script expects, one by one."""
    if len(wanted) != len(rows):
        kinds = [(level, kind) for level, kind, _ in rows]
        c.differences.append(f"msg_control: expected {len(wanted)} messages, seen {kinds}")
        return
    for item, (level, kind, data) in zip(wanted, rows, strict=True):
        s = c.struct(item, "cmsg")
        c.check("cmsg_level", s.fields.get("cmsg_level", ANY), level)
        c.check("cmsg_type", s.fields.get("cmsg_type", ANY), kind)
        check_cmsg_data(c, s.fields.get("cmsg_data", ANY), level, kind, data)


def check_cmsg_data(c: CallContext, wanted: Value, level: int, kind: int, data: bytes) -> None:
    """The payload of one control message."""
    if isinstance(wanted, Struct) and wanted.kind == "sock_extended_err":
        seen = struct.unpack(EXTERR, data[: struct.calcsize(EXTERR)])
        for name, value in zip(EXTERR_FIELDS, seen, strict=True):
            c.check(name, wanted.fields.get(name, ANY), value)
    elif isinstance(wanted, Struct) and wanted.kind == "scm_timestamping":
        form = TIMES.get(kind, "<qq")
        sec, part = struct.unpack(form, data[: struct.calcsize(form)])[:2]
        nsec = part * 1000 if kind == socket.SO_TIMESTAMP else part
        seen_ns = sec * 1_000_000_000 + nsec - c.run.start_ns
        want_ns = c.plain(wanted.fields["scm_sec"]) * 1_000_000_000
        want_ns += c.plain(wanted.fields.get("scm_nsec", 0))
        if abs(seen_ns - want_ns) > c.run.config.tolerance_usecs * 1000:
            c.differences.append(f"timestamp: expected {want_ns} ns, seen {seen_ns} ns")
    elif isinstance(wanted, Text):
        c.check("cmsg_data", wanted, data.decode("latin-1"))
    elif isinstance(wanted, int) and level == in_.IPPROTO_IP and kind == in_.IP_TOS:
        c.check("cmsg_data", wanted, data[0])
    elif isinstance(wanted, int):
        c.check("cmsg_data", wanted, int.from_bytes(data[:4], "little", signed=True))
