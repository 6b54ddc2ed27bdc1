"""xmlrpc: a server that computes, a client that calls it a hundred times across a bad link.

softnet run examples/programs/xmlrpc_calls.py
"""

import xmlrpc.client
import xmlrpc.server

import softnet


class Reckoner:
    """What can be called."""

    def add(self, a: int, b: int) -> int:
        """a + b"""
        return a + b

    def divide(self, a: int, b: int) -> int:
        """a // b"""
        return a // b


def server() -> None:
    """The standard library's own."""
    with xmlrpc.server.SimpleXMLRPCServer(("", 8000), logRequests=False) as srv:
        srv.register_instance(Reckoner())
        srv.register_multicall_functions()
        srv.serve_forever()


def client() -> tuple[int, str, list[int]]:
    """Many calls, a fault, a batch."""
    with xmlrpc.client.ServerProxy("http://srv:8000") as proxy:
        total = 0
        for n in range(100):
            total = proxy.add(total, n)
        try:
            proxy.divide(1, 0)
        except xmlrpc.client.Fault as e:
            fault = e.faultString
        batch = xmlrpc.client.MultiCall(proxy)
        batch.add(1, 2)
        batch.divide(9, 3)
        return total, fault, list(batch())


with softnet.Lab(seed=8, digest=True) as lab:
    srv, cli = lab.hosts("srv", "cli")
    lab.link(srv, cli, rate="1mbit", delay="5ms", loss="3%")
    srv.start(server)
    print(*cli.call(client))
    print(f"{lab.now:.6f} s of virtual time, digest {lab.digest[:16]}")
