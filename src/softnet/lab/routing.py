"""Routes that nobody typed: on every host, the shortest way to every link.

Shortest counts hops over hosts that forward. Ties go to the link made first, so a topology always gets
the same routes. A host with one way out gets a default route instead of one for each network.
"""

from __future__ import annotations

from collections import deque
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING

from softnet.structs.fib import FibConfig

if TYPE_CHECKING:
    from softnet.lab.link import End
    from softnet.lab.node import Node


def install_routes(nodes: list[Node]) -> None:
    """Give every node the routes it lacks; what an earlier call gave is replaced."""
    for node in nodes:
        wanted = default_route(node) or shortest_routes(node)
        for net in [n for n in node.routes if node.routes[n] != wanted.get(n)]:
            via = node.routes.pop(net)
            node.host.del_route(config(net, via))
        for net, via in wanted.items():
            if net not in node.routes:
                node.host.add_route(config(net, via))
                node.routes[net] = via


def default_route(node: Node) -> dict[IPv4Network, IPv4Address] | None:
    """The only way out of node, if there is just one, through a router; None if there are more."""
    if node.forwards or len(node.ends) != 1:
        return None
    peer = node.ends[0].peer()
    if not peer.node.forwards:
        return {}
    return {IPv4Network("0.0.0.0/0"): peer.address.ip}


def shortest_routes(node: Node) -> dict[IPv4Network, IPv4Address]:
    """Network -> next hop, for every network that is not node's own."""
    routes: dict[IPv4Network, IPv4Address] = {}
    own = {end.address.network for end in node.ends}
    seen = {node}
    todo: deque[tuple[Node, End | None]] = deque([(node, None)])
    while todo:
        here, first = todo.popleft()
        if here is not node and not here.forwards:
            continue
        for end in here.ends:
            peer = end.peer()
            way = first if first is not None else peer
            net = end.address.network
            if net not in own and net not in routes and first is not None:
                routes[net] = first.address.ip
            if peer.node not in seen:
                seen.add(peer.node)
                todo.append((peer.node, way))
    return routes


def config(net: IPv4Network, via: IPv4Address) -> FibConfig:
    """ip route add NET via VIA"""
    return FibConfig(dst=int(net.network_address), dst_len=net.prefixlen, gw=int(via))
