"""The names of a lab: what /etc/hosts says, sorted for each host that asks."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from softnet.usr import api as usr


class Names:
    """Name -> addresses, and back; a usr.Resolver.

    A host with several addresses is answered with those first that are on a link of the asker. A
    host with a resolv.conf asks the servers in it instead; `servers` is what the others have.
    """

    def __init__(self) -> None:
        self.by_name: dict[str, list[IPv4Interface]] = {}
        self.by_address: dict[str, str] = {}
        self.servers: list[str] = []  # hosts with a DNS server for all
        self.confs: dict[str, usr.ResolvConf | None] = {}  # by host, where somebody chose
        self.hosts: dict[str, dict[str, list[str]]] = {}  # lines of one host's own /etc/hosts

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

    def resolv_conf(self, asker: str) -> usr.ResolvConf | None:
        """Whom asker asks; None: nobody, this table is its /etc/hosts."""
        if asker in self.confs:
            conf = self.confs[asker]
            return conf and conf._replace(nameservers=self.near(conf.nameservers, asker))
        return usr.ResolvConf(self.near(self.servers, asker)) if self.servers else None

    def near(self, servers: Iterable[str], asker: str) -> tuple[str, ...]:
        """Addresses of servers that are given by name or address, the nearest one of each."""
        found = []
        for server in servers:
            if server.lower() == asker.lower():
                found.append("127.0.0.1")
            else:
                found.append(next(iter(self.resolve(server, asker)), server))
        return tuple(found)

    def own_hosts(self, asker: str, name: str) -> list[str]:
        """What asker's own /etc/hosts says of name."""
        return self.hosts.get(asker, {}).get(name, [])

    def hosts_table(self, asker: str) -> list[tuple[str, tuple[str, ...]]]:
        """asker's /etc/hosts, as real programs read it: without a DNS server it has every name."""
        known = self.hosts.get(asker, {})
        rows: list[tuple[str, tuple[str, ...]]] = []
        for name, addresses in known.items():
            rows += [(address, (name,)) for address in addresses]
        for name in self.by_name:
            if name not in known and (name == asker.lower() or self.resolv_conf(asker) is None):
                rows += [(address, (name,)) for address in self.resolve(name, asker)]
        return rows


def is_near(ip: IPv4Address, networks: list[IPv4Network]) -> bool:
    """Is ip in one of the networks?"""
    return any(ip in net for net in networks)
