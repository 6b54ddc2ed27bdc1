"""Addresses as text, for tools and tests. Inside, an IPv4 address is an int, a MAC is bytes.

    ip_ntoa(0x0A000001) == "10.0.0.1"        mac_ntoa(bytes(6)) == "00:00:00:00:00:00"
    ip_aton("10.0.0.1") == 0x0A000001        parse_prefix("10.1.2.3/8") == (0x0A010203, 8)

What cannot be read raises ValueError and says what was wrong.
"""

from __future__ import annotations


def ip_ntoa(addr: int) -> str:
    """Dotted quad."""
    return f"{addr >> 24}.{addr >> 16 & 255}.{addr >> 8 & 255}.{addr & 255}"


def ip_aton(text: str) -> int:
    """The address that a dotted quad names: four decimal numbers, no less and nothing else."""
    parts = text.split(".")
    if len(parts) != 4 or not all(p.isascii() and p.isdigit() and len(p) <= 3 for p in parts):
        raise ValueError(f"{text!r} is not an IPv4 address: write 10.0.0.1")
    addr = 0
    for part in parts:
        if int(part) > 255:
            raise ValueError(f"{text!r} is not an IPv4 address: {part} is above 255")
        addr = addr << 8 | int(part)
    return addr


def prefix_mask(plen: int) -> int:
    """The netmask of a prefix length, inet_make_mask(): 24 gives 255.255.255.0."""
    if not 0 <= plen <= 32:
        raise ValueError(f"a prefix length is 0 to 32, not {plen}")
    return 0xFFFFFFFF << (32 - plen) & 0xFFFFFFFF


def parse_prefix(text: str) -> tuple[int, int]:
    """Address and prefix length of "10.0.0.1/24"; a bare address counts as /32."""
    addr, slash, plen = text.partition("/")
    if not slash:
        return ip_aton(addr), 32
    if not (plen.isascii() and plen.isdigit() and int(plen) <= 32):
        raise ValueError(f"{text!r} is not a prefix: the length is 0 to 32, as in 10.0.0.0/8")
    return ip_aton(addr), int(plen)


def mac_ntoa(addr: bytes) -> str:
    """Six hexadecimal bytes between colons."""
    return addr.hex(":")


def mac_aton(text: str) -> bytes:
    """The hardware address that "52:54:00:12:34:56" names."""
    parts = text.split(":")
    if len(parts) != 6 or not all(1 <= len(p) <= 2 for p in parts):
        raise ValueError(f"{text!r} is not a MAC address: write 52:54:00:12:34:56")
    try:
        return bytes(int(p, 16) for p in parts)
    except ValueError:
        raise ValueError(f"{text!r} is not a MAC address: write 52:54:00:12:34:56") from None
