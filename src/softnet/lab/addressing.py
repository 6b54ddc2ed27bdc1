"""Addresses that nobody chose: one /24 out of 10.0.0.0/8 for each link, in order of creation.

The first link is 10.0.0.0/24 with .1 and .2 at its ends, the second 10.0.1.0/24, and so on for
65536 links. MAC addresses count hosts and devices: 02, host in three bytes, device in two.
"""

from __future__ import annotations

from ipaddress import IPv4Interface, IPv4Network

from softnet.lab.errors import LabError

LINKS_MAX = 1 << 16


class Addresses:
    """What is given out in one lab."""

    def __init__(self) -> None:
        self.next_net = 0
        self.taken: dict[IPv4Network, str] = {}  # network -> name of its link
        self.hosts: dict[str, str] = {}  # address -> "host:device"

    def network(self, link: str) -> IPv4Network:
        """The next free /24."""
        while self.next_net < LINKS_MAX:
            net = IPv4Network(((10 << 24) | (self.next_net << 8), 24))
            self.next_net += 1
            if not any(net.overlaps(other) for other in self.taken):
                self.taken[net] = link
                return net
        raise LabError(f"{LINKS_MAX} links have used up 10.0.0.0/8: give addresses yourself")

    def claim(self, text: str, owner: str, link: str) -> IPv4Interface:
        """An address that the user chose, as "10.1.0.1/24"; LabError if it clashes."""
        try:
            address = IPv4Interface(text)
        except ValueError as e:
            raise LabError(
                f"{owner}: address {text!r}: {e}; write one like '10.1.0.1/24'"
            ) from None
        if "/" not in text:
            raise LabError(f"{owner}: address {text!r} has no prefix: write '{text}/24'")
        for net, other in self.taken.items():
            if address.network.overlaps(net) and other != link:
                raise LabError(
                    f"{owner}: {address} overlaps {net} of link {other}: choose another network"
                )
        self.taken[address.network] = link
        self.own(str(address.ip), owner)
        return address

    def own(self, ip: str, owner: str) -> None:
        """Note whose ip is; LabError if it is somebody else's."""
        other = self.hosts.setdefault(ip, owner)
        if other != owner:
            raise LabError(f"{owner}: {ip} is {other}'s already: choose another address")


def mac_address(host_id: int, device: int) -> bytes:
    """02:hh:hh:hh:dd:dd, locally administered."""
    return b"\x02" + host_id.to_bytes(3, "big") + device.to_bytes(2, "big")
