"""struct sock_exterr_skb: what an entry of a socket's error queue says.

Linux: include/linux/errqueue.h. It is in skb.cb of the entry; the skb's data is what is left of the
packet the error is about.
"""

from __future__ import annotations


class SockExterr:
    """struct sock_extended_err, and where in the packet the address stands."""

    __slots__ = (
        "ee_errno",
        "ee_origin",
        "ee_type",
        "ee_code",
        "ee_info",
        "ee_data",
        "addr_offset",
        "port",
    )

    ee_errno: int
    ee_origin: int  # uapi.errqueue.SO_EE_ORIGIN_*
    ee_type: int
    ee_code: int
    ee_info: int
    ee_data: int
    addr_offset: int  # from the network header: the address the lost packet went to
    port: int

    def __init__(self, ee_errno: int, ee_origin: int) -> None:
        self.ee_errno = ee_errno
        self.ee_origin = ee_origin
        self.ee_type = 0
        self.ee_code = 0
        self.ee_info = 0
        self.ee_data = 0
        self.addr_offset = 0
        self.port = 0

    def pack(self) -> bytes:
        """struct sock_extended_err as user space reads it: 16 bytes, little endian."""
        return (
            self.ee_errno.to_bytes(4, "little")
            + bytes((self.ee_origin, self.ee_type, self.ee_code, 0))
            + (self.ee_info & 0xFFFFFFFF).to_bytes(4, "little")
            + (self.ee_data & 0xFFFFFFFF).to_bytes(4, "little")
        )
