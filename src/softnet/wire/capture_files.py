"""Capture files of others: classic pcap beside pcapng, and where IP begins in a frame.

    for packet in read_capture(open("run.pcap", "rb")): ...

A classic file: magic number (which tells byte order and the unit of time), version, snaplen, link type;
then for each packet seconds, fraction, captured and original length (libpcap's pcap-savefile(5)).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from softnet.uapi.if_ether import ETH_P_8021Q, ETH_P_IP
from softnet.wire.pcap import (
    LINKTYPE_ETHERNET,
    LINKTYPE_RAW,
    SECTION_HEADER_BYTES,
    Interface,
    Packet,
    read_pcapng,
)

# The magic number as it lies in the file -> byte order, nanoseconds per unit of the fraction
MAGICS = {
    b"\xd4\xc3\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\xc3\xd4": (">", 1000),
    b"\x4d\x3c\xb2\xa1": ("<", 1),
    b"\xa1\xb2\x3c\x4d": (">", 1),
}
LINKTYPE_LINUX_SLL = 113  # tcpdump -i any
SLL_HLEN = 16
ETH_HLEN = 14
VLAN_HLEN = 4


def read_capture(file: BinaryIO) -> Iterator[Packet]:
    """The packets of a pcap or pcapng file, which can seek. ValueError if it is neither."""
    magic = file.read(4)
    file.seek(0)
    if magic == SECTION_HEADER_BYTES:
        return read_pcapng(file)
    if magic in MAGICS:
        return read_pcap(file)
    raise ValueError("neither a pcap nor a pcapng file")


def is_capture(path: Path) -> bool:
    """Is this file a pcap or pcapng file?"""
    with path.open("rb") as file:
        magic = file.read(4)
    return magic == SECTION_HEADER_BYTES or magic in MAGICS


def read_pcap(file: BinaryIO) -> Iterator[Packet]:
    """The packets of a classic pcap file; ValueError when one is cut short."""
    head = file.read(24)
    if len(head) < 24 or head[:4] not in MAGICS:
        raise ValueError("not a pcap file")
    order, unit = MAGICS[head[:4]]
    interface = Interface("", struct.unpack(f"{order}I", head[20:])[0] & 0xFFFF)
    while head := file.read(16):
        if len(head) < 16:
            raise ValueError("the file ends inside a packet")
        seconds, fraction, size, original = struct.unpack(f"{order}4I", head)
        data = file.read(size)
        if len(data) < size:
            raise ValueError("the file ends inside a packet")
        yield Packet(interface, seconds * 1_000_000_000 + fraction * unit, data, original)


def ipv4_offset(linktype: int, frame: bytes) -> int:
    """Where an IPv4 header begins in a captured frame; -1 if none does."""
    if linktype == LINKTYPE_RAW:
        return 0 if frame and frame[0] >> 4 == 4 else -1
    if linktype == LINKTYPE_LINUX_SLL:
        return SLL_HLEN if frame[14:16] == ETH_P_IP.to_bytes(2, "big") else -1
    if linktype != LINKTYPE_ETHERNET:
        return -1
    at = ETH_HLEN
    if frame[12:14] == ETH_P_8021Q.to_bytes(2, "big"):
        at += VLAN_HLEN
    return at if frame[at - 2 : at] == ETH_P_IP.to_bytes(2, "big") else -1
