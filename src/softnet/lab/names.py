"""The names of a lab: what /etc/hosts says, sorted for each host that asks."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Interface, IPv4Network


class Names:
    """Name -> addresses, and back; a usr.Resolver.

    A host with several addresses is answered with those first that are on a link of the asker.
    """

    def __init__(self) -> None:
        self.by_name: dict[str, list[IPv4Interface]] = {}
        self.by_address: dict[str, str] = {}

    def add(self, name: str, address: IPv4Interface) -> None:
        """One address more for name."""
        self.by_name.setdefault(name.lower(), []).append(address)
        self.by_address.setdefault(str(address.ip), name)

    def resolve(self, name: str, asker: str) -> list[str]:
        """The addresses of name as host asker sees them; [] if nobody has it."""
        known = self.by_name.get(name.lower().rstrip("."), [])
        near = [own.network for own in self.by_name.get(asker.lower(), [])]
        ips = sorted((a.ip for a in known), key=lambda ip: not is_near(ip, near))
        return [str(ip) for ip in ips]

    def name_of(self, address: str, asker: str) -> str | None:
        """The name of an address; None if nobody has it."""
        return self.by_address.get(address)


def is_near(ip: IPv4Address, networks: list[IPv4Network]) -> bool:
    """Is ip in one of the networks?"""
    return any(ip in net for net in networks)
