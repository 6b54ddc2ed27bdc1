"""Capture files: a streaming pcapng writer, and a reader for tests and tools.

    with open("run.pcapng", "wb") as file:
        writer = PcapngWriter(file)
        eth0 = writer.add_interface("h1:eth0", mac=bytes.fromhex("525400000001"))
        writer.write_packet(eth0, 1_000_000, frame, direction=OUTBOUND, comment="#42 sent")
        writer.close()

    for packet in read_pcapng(open("run.pcapng", "rb")):
        print(packet.interface.name, packet.time_ns, packet.comment)

The format: draft-ietf-opsawg-pcapng. Every block is

    | type 4 | length 4 | body, padded to 4 ... | length 4 |

and its options are `| code 2 | length 2 | value, padded to 4 |`, up to a code 0. What is written
here is little endian on every machine, times are nanoseconds, and nothing depends on the clock or
the host: equal runs give equal bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

SECTION_HEADER = 0x0A0D0D0A
INTERFACE_DESCRIPTION = 1
INTERFACE_STATISTICS = 5
ENHANCED_PACKET = 6
BYTE_ORDER_MAGIC = 0x1A2B3C4D
SECTION_HEADER_BYTES = SECTION_HEADER.to_bytes(4, "little")
BYTE_ORDERS = {struct.pack(f"{order}I", BYTE_ORDER_MAGIC): order for order in "<>"}
UNKNOWN_LENGTH = 0xFFFFFFFFFFFFFFFF  # of a section that is still being written

OPT_ENDOFOPT = 0
OPT_COMMENT = 1
SHB_USERAPPL = 4
IF_NAME = 2
IF_DESCRIPTION = 3
IF_MACADDR = 6
IF_SPEED = 8
IF_TSRESOL = 9
EPB_FLAGS = 2
EPB_PACKETID = 5
ISB_STARTTIME = 2
ISB_ENDTIME = 3
ISB_IFRECV = 4

LINKTYPE_ETHERNET = 1
LINKTYPE_RAW = 101  # an IP packet without a link-layer header
SNAPLEN = 262144  # bytes: no frame is cut
BLOCK_MAX = 16 << 20  # bytes that the reader takes for sound

# epb_flags: which way a frame went, seen from the interface
DIRECTION_MASK = 3
UNKNOWN = 0
INBOUND = 1
OUTBOUND = 2


@dataclass(slots=True)
class Interface:
    """An interface of a capture; packets and times are counted as they pass."""

    name: str
    linktype: int = LINKTYPE_ETHERNET
    description: str = ""
    mac: bytes = b""
    speed: int = 0  # bits a second; 0 is unsaid
    tsresol: int = 1_000_000_000  # ticks of its timestamps in a second
    packets: int = 0
    first_ns: int = 0
    last_ns: int = 0


@dataclass(slots=True)
class Packet:
    """A captured frame, as the reader gives it."""

    interface: Interface
    time_ns: int
    data: bytes
    original_len: int
    flags: int = 0
    comments: list[str] = field(default_factory=list)
    packet_id: int | None = None

    @property
    def direction(self) -> int:
        """UNKNOWN, INBOUND or OUTBOUND."""
        return self.flags & DIRECTION_MASK


class PcapngWriter:
    """Writes one section into a binary file that somebody else opens and closes.

    Interfaces may be added at any time; packets are written at once and in the order given.
    """

    def __init__(self, file: BinaryIO, application: str = "softnet") -> None:
        self.file = file
        self.interfaces: list[Interface] = []
        header = struct.pack("<IHHQ", BYTE_ORDER_MAGIC, 1, 0, UNKNOWN_LENGTH)
        self._block(SECTION_HEADER, header, [(SHB_USERAPPL, application.encode())])

    def add_interface(
        self,
        name: str,
        *,
        linktype: int = LINKTYPE_ETHERNET,
        description: str = "",
        mac: bytes = b"",
        speed: int = 0,
    ) -> int:
        """Describe an interface; the number to give write_packet(). speed is in bits a second."""
        interface = Interface(name, linktype, description, mac, speed)
        options = [(IF_NAME, name.encode()), (IF_TSRESOL, b"\x09")]
        if description:
            options.append((IF_DESCRIPTION, description.encode()))
        if mac:
            assert len(mac) == 6
            options.append((IF_MACADDR, mac))
        if speed:
            options.append((IF_SPEED, struct.pack("<Q", speed)))
        self._block(INTERFACE_DESCRIPTION, struct.pack("<HHI", linktype, 0, SNAPLEN), options)
        self.interfaces.append(interface)
        return len(self.interfaces) - 1

    def write_packet(
        self,
        interface: int,
        time_ns: int,
        data: bytes | bytearray | memoryview,
        *,
        direction: int = UNKNOWN,
        comment: str = "",
        packet_id: int | None = None,
        original_len: int | None = None,
    ) -> None:
        """Write a frame that passed the interface at time_ns.

        packet_id is the same wherever the same packet was seen. original_len is given when data
        is only the beginning of the frame.
        """
        seen = self.interfaces[interface]
        seen.first_ns = time_ns if not seen.packets else min(seen.first_ns, time_ns)
        seen.last_ns = max(seen.last_ns, time_ns)
        seen.packets += 1
        size = len(data)
        head = struct.pack(
            "<IIIII",
            interface,
            time_ns >> 32,
            time_ns & 0xFFFFFFFF,
            size,
            size if original_len is None else original_len,
        )
        options = []
        if comment:
            options.append((OPT_COMMENT, comment.encode()))
        if direction:
            options.append((EPB_FLAGS, struct.pack("<I", direction)))
        if packet_id is not None:
            options.append((EPB_PACKETID, struct.pack("<Q", packet_id)))
        self._block(ENHANCED_PACKET, head + _padded(data), options)

    def close(self) -> None:
        """End the section with the statistics of each interface. The file stays open."""
        for number, seen in enumerate(self.interfaces):
            end = struct.pack("<II", seen.last_ns >> 32, seen.last_ns & 0xFFFFFFFF)
            start = struct.pack("<II", seen.first_ns >> 32, seen.first_ns & 0xFFFFFFFF)
            options = [
                (ISB_STARTTIME, start),
                (ISB_ENDTIME, end),
                (ISB_IFRECV, struct.pack("<Q", seen.packets)),
            ]
            self._block(INTERFACE_STATISTICS, struct.pack("<I", number) + end, options)
        self.file.flush()

    def _block(self, kind: int, body: bytes, options: list[tuple[int, bytes]]) -> None:
        for code, value in options:
            body += struct.pack("<HH", code, len(value)) + _padded(value)
        if options:
            body += struct.pack("<HH", OPT_ENDOFOPT, 0)
        length = struct.pack("<I", 12 + len(body))
        self.file.write(struct.pack("<I", kind) + length + body + length)


def read_pcapng(file: BinaryIO) -> Iterator[Packet]:
    """The packets of a pcapng file of either byte order; blocks of other kinds are skipped.

    ValueError when it is no such file, or a block is cut short.
    """
    order = ""
    interfaces: list[Interface] = []
    while head := file.read(8):
        if head[:4] == SECTION_HEADER_BYTES:  # a palindrome; the next four tell the byte order
            head += file.read(4)
            order = BYTE_ORDERS.get(head[8:], "")
            interfaces = []
        if not order:
            raise ValueError("not a pcapng file")
        kind, body = _read_body(file, order, head)
        if kind == INTERFACE_DESCRIPTION:
            interfaces.append(_interface(order, body))
        elif kind == ENHANCED_PACKET:
            yield _packet(order, body, interfaces)


def _read_body(file: BinaryIO, order: str, head: bytes) -> tuple[int, bytes]:
    """Type and body of the block whose first bytes are head."""
    if len(head) < 8:
        raise ValueError("the file ends inside a block")
    kind, length = struct.unpack_from(f"{order}II", head)
    if length < 12 or length % 4 or length > BLOCK_MAX:
        raise ValueError(f"a block of type {kind} has the length {length}")
    rest = file.read(length - len(head))
    if len(rest) < length - len(head) or struct.unpack(f"{order}I", rest[-4:])[0] != length:
        raise ValueError("the file ends inside a block")
    return kind, head[8:] + rest[:-4]


def _interface(order: str, body: bytes) -> Interface:
    (linktype,) = struct.unpack_from(f"{order}H", body)
    interface = Interface("", linktype, tsresol=1_000_000)  # microseconds when nothing is said
    for code, value in _options(order, body, 8):
        if code == IF_NAME:
            interface.name = value.decode()
        elif code == IF_DESCRIPTION:
            interface.description = value.decode()
        elif code == IF_MACADDR:
            interface.mac = value
        elif code == IF_SPEED:
            (interface.speed,) = struct.unpack(f"{order}Q", value)
        elif code == IF_TSRESOL:
            interface.tsresol = (2 if value[0] & 0x80 else 10) ** (value[0] & 0x7F)
    return interface


def _packet(order: str, body: bytes, interfaces: list[Interface]) -> Packet:
    number, high, low, size, original_len = struct.unpack_from(f"{order}IIIII", body)
    if number >= len(interfaces) or 20 + size > len(body):
        raise ValueError("a packet names no interface, or is longer than its block")
    interface = interfaces[number]
    time_ns = (high << 32 | low) * 1_000_000_000 // interface.tsresol
    packet = Packet(interface, time_ns, body[20 : 20 + size], original_len)
    interface.first_ns = min(interface.first_ns, time_ns) if interface.packets else time_ns
    interface.last_ns = max(interface.last_ns, time_ns)
    interface.packets += 1
    for code, value in _options(order, body, 20 + size + -size % 4):
        if code == OPT_COMMENT:
            packet.comments.append(value.decode())
        elif code == EPB_FLAGS:
            (packet.flags,) = struct.unpack(f"{order}I", value)
        elif code == EPB_PACKETID:
            (packet.packet_id,) = struct.unpack(f"{order}Q", value)
    return packet


def _options(order: str, body: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    while at + 4 <= len(body):
        code, size = struct.unpack_from(f"{order}HH", body, at)
        if code == OPT_ENDOFOPT:
            return
        yield code, body[at + 4 : at + 4 + size]
        at += 4 + size + -size % 4


def _padded(value: bytes | bytearray | memoryview) -> bytes:
    return bytes(value) + bytes(-len(value) % 4)
