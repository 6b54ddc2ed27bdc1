"""Lab: a world of hosts and links, and the verbs to make them and to let time pass.

    with softnet.Lab(seed=7) as lab:
        web, cli = lab.hosts("web", "cli")
        wire = lab.link(web, cli, rate="10mbit", delay="20ms", loss="1%")
        web.start(serve)
        lab.at("3s", wire.down)
        page = cli.call(fetch, "http://web/")

Everything that happens follows from the seed. Time is virtual (or real, with clock="real"):
it passes only inside call(), wait() and run().
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from ipaddress import IPv4Interface
from types import TracebackType

from softnet.host import Host
from softnet.kernel.sched import cond_resched, crash_all, current
from softnet.lab.addressing import Addresses
from softnet.lab.check import Checker
from softnet.lab.dns import TTL, DnsServer, Zone
from softnet.lab.errors import LabError, TimeLimit, unknown
from softnet.lab.faults import Faults, Schedule, schedule
from softnet.lab.fork import Futures, fork
from softnet.lab.heap import heap
from softnet.lab.journal import write_journal
from softnet.lab.link import End, Link, Setting
from softnet.lab.names import Names
from softnet.lab.node import Node, Router
from softnet.lab.outside import LabTap, Outside, add_tap
from softnet.lab.profiles import start_trace
from softnet.lab.progress import Progress
from softnet.lab.routing import install_routes
from softnet.lab.seen import SeenLab
from softnet.lab.settings import Settings
from softnet.lab.units import Quantity, time_ns
from softnet.machine.cable import Cable
from softnet.machine.clock import RealClock, RunQueue, World
from softnet.machine.event import Event
from softnet.usr import api as usr

NAME_MAX = 63  # bytes of a host name, as in DNS (RFC 1035 2.3.4)


class Lab(SeenLab):
    """A lab. Use it in a with statement: it patches the standard library while it is open.

    check: judge every host after every event (lab/check.py).
    """

    def __init__(
        self,
        seed: int = 0,
        *,
        clock: str = "virtual",
        order: str = "fifo",
        digest: bool = False,
        check: bool = False,
        faults: Schedule | str = "",
        until: Quantity | None = None,
        isolate: str = "none",
    ) -> None:
        """clock: "real" keeps pace with ours. order: "seeded" draws who runs first. digest: keep one.

        faults: what shall go wrong, and when (lab/faults.py). until: TimeLimit is raised then. What
        the environment says wins (lab/settings.py). isolate: "modules" gives each host its own
        modules, environment, working directory, output (usr/isolation.py).
        """
        if isolate not in ("none", "modules"):
            raise unknown("isolation", isolate, ["none", "modules"])
        if clock not in ("virtual", "real"):
            raise unknown("clock", clock, ["virtual", "real"])
        self.settings = Settings()
        self.seed = seed if self.settings.seed is None else self.settings.seed
        real = RealClock() if clock == "real" else None
        if until is not None and self.settings.until_ns is None:
            self.settings.until_ns = time_ns(until, "until")
        SeenLab.__init__(self, World(self.seed, real, order, digest))
        self.checker = Checker(self.world.clock) if check else None
        self.faults = Faults(self, schedule(self.settings.faults or faults))
        if self.checker is not None:
            self.world.taps.append(self.checker)
            self.watch(self.checker.cable_tap)
        self.addresses = Addresses()
        self.names = Names()
        self.stale_routes = False
        self.asked_for = False  # is the trace of the settings on?
        if self.settings.journal:
            self.world.digest, close = write_journal(self.settings.journal)
            self.closers.append(close)
        self.open = False
        self.isolate = isolate
        self.progress = Progress(self) if self.settings.progress else None
        self.world.progress = self.progress

    def __enter__(self) -> Lab:
        usr.install()
        heap.open()
        self.open = True
        usr.set_resolver(self.world, self.names)
        if self.isolate == "modules":
            usr.isolate(self.world)
        if self.settings.pcap:
            self.capture(self.settings.pcap)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, e: BaseException | None, tb: TracebackType | None
    ) -> None:
        if kind is KeyboardInterrupt:
            print(self.report(), file=sys.stderr)
        self.close()

    def close(self) -> None:
        """End every program, write what captures hold, give the standard library back."""
        if not self.open:
            return
        self.open = False
        Settings.met.update(self.nodes)
        try:
            usr.lose_power(self.world)
            crash_all(self.world)
            usr.outside()
            for close in reversed(self.closers):
                close()
        finally:
            usr.outside()
            # Sockets that programs left in cycles go while their kind is still simulated.
            with usr.silence():
                heap.close()
            usr.uninstall()

    # Making things

    def hosts(self, *names: str) -> list[Node]:
        """Several hosts at once."""
        return [self.host(name) for name in names]

    def host(self, name: str, **boot: object) -> Node:
        """A new host; boot: ncpus, ram (bytes), era, as softnet.Host takes them."""
        return self.add(name, Node, boot)

    def router(self, name: str, **boot: object) -> Router:
        """A new host that forwards packets."""
        node = self.add(name, Router, boot)
        assert isinstance(node, Router)
        node.sysctl("net.ipv4.ip_forward", 1)
        return node

    def add(self, name: str, kind: type[Node], boot: dict[str, object]) -> Node:
        """host() and router()"""
        if not self.open:
            raise LabError("this lab is not open: write 'with softnet.Lab() as lab:'")
        if name in self.nodes:
            raise LabError(f"there is a host {name!r} already: choose another name")
        if not name or len(name) > NAME_MAX or not name.replace("-", "").replace("_", "").isalnum():
            raise LabError(f"{name!r} is no host name: use letters, digits and '-', at most 63")
        node = kind(self, name, Host(self.world, name, **boot))  # type: ignore[arg-type] # Host checks
        self.nodes[name] = node
        self.has_booted(node)
        self.faults.on_host(node)
        return node

    def has_booted(self, node: Node) -> None:
        """For the judge."""
        if self.checker is not None:
            self.checker.add(node.host)

    def lost_power(self, node: Node) -> None:
        """The judge leaves what is left of it alone."""
        if self.checker is not None:
            self.checker.forget(node.host)

    def link(
        self,
        a: Node | str,
        b: Node | str,
        *,
        name: str = "",
        address_a: str = "",
        address_b: str = "",
        mtu: int = 0,
        **settings: Setting,
    ) -> Link:
        """A link between two hosts: two e1000 cards and a cable.

        settings: rate="10mbit" delay="20ms" jitter="1ms" loss="1%" duplicate= reorder= corrupt=
        queue=100. Addresses are chosen unless given as "10.1.0.1/24".
        """
        left, right = self.node(a), self.node(b)
        if left is right:
            raise LabError(f"{left.name!r} cannot be linked to itself: it has lo for that")
        name = name or self.link_name(left, right)
        if name in self.links:
            raise LabError(f"there is a link {name!r} already: choose another name")
        cable = Cable(self.world, name, left.host.machine.host_id, right.host.machine.host_id)
        link = Link(name, cable)
        link.set(towards=None, **settings)
        given = self.link_addresses(link, (left, right), (address_a, address_b))
        link.a = self.plug(link, left, given[0], mtu)
        link.b = self.plug(link, right, given[1], mtu)
        self.links[name] = link
        self.faults.on_link(link)
        for observer in self.observers:
            observer.attach(link)
        self.stale_routes = True
        return link

    def link_name(self, a: Node, b: Node) -> str:
        """ "h1-h2", numbered from the second one on."""
        base = f"{a.name}-{b.name}"
        name, n = base, 1
        while name in self.links:
            n += 1
            name = f"{base}-{n}"
        return name

    def link_addresses(
        self, link: Link, nodes: tuple[Node, Node], given: tuple[str, str]
    ) -> list[IPv4Interface]:
        """The addresses of both ends: those given, the others chosen."""
        owners = [f"{node.name}:eth{len(node.ends)}" for node in nodes]
        chosen: list[IPv4Interface | None] = [None, None]
        for i in (0, 1):
            if given[i]:
                chosen[i] = self.addresses.claim(given[i], owners[i], link.name)
        known = next((c.network for c in chosen if c is not None), None)
        net = known or self.addresses.network(link.name)
        if chosen[0] is not None and chosen[1] is not None and net != chosen[1].network:
            raise LabError(
                f"{owners[0]} {chosen[0]} and {owners[1]} {chosen[1]} are in different networks"
            )
        free = (ip for ip in net.hosts() if str(ip) not in self.addresses.hosts)
        result = []
        for i in (0, 1):
            address = chosen[i] or IPv4Interface((next(free), net.prefixlen))
            self.addresses.own(str(address.ip), owners[i])
            result.append(address)
        return result

    def plug(self, link: Link, node: Node, address: IPv4Interface, mtu: int) -> End:
        """A network card in node, on one end of the link's cable, up and with its address."""
        end = End(link, node, address, mtu)
        end.plug()
        node.ends.append(end)
        self.names.add(node.name, address)
        return end

    def star(self, n: int, centre: str = "hub", leaf: str = "h", **settings: Setting) -> list[Node]:
        """A host or router called centre (made if it is not there) with n hosts around it."""
        middle = self.nodes.get(centre) or self.router(centre)
        leaves = []
        for i in range(1, n + 1):
            node = self.host(f"{leaf}{i}")
            self.link(node, middle, name="", address_a="", address_b="", mtu=0, **settings)
            leaves.append(node)
        return leaves

    def dns(
        self,
        node: Node | str,
        zone: Zone | None = None,
        *,
        ttl: int = TTL,
        everyone: bool = True,
        delay: Quantity | None = None,
        loss: Quantity | None = None,
        lies: Mapping[str, str] | None = None,
        fail: Mapping[str, str] | None = None,
        udp_max: int | None = None,
    ) -> DnsServer:
        """A DNS server on node (made if it is not there): lab/dns.py.

        zone: {"web.example": "10.0.0.2", "example": ["MX 10 mail.example", "TXT words"]}. everyone:
        all hosts ask it from now on. The others are DnsServer.set()'s.
        """
        if isinstance(node, str) and node not in self.nodes:
            node = self.host(node)
        server = DnsServer(self, self.node(node), zone or {}, ttl)
        server.set(delay=delay, loss=loss, lies=lies, fail=fail, udp_max=udp_max)
        if everyone:
            self.names.servers.append(server.node.name)
        return server

    def tap(self, node: Node | str, address: str, name: str = "sn%d") -> LabTap:
        """A device of node that is a TAP of the real machine: lab/outside.py."""
        return add_tap(self.node(node), address, name)

    def outside(self) -> Outside:
        """Namespaces of the real machine, in a with statement: gone at its end."""
        return Outside()

    def partition(self, left: Iterable[Node | str], right: Iterable[Node | str]) -> list[Link]:
        """Take down every link between the two groups; heal() or link.up() undoes it."""
        return [link for link, _ in self.between(left, right, Link.down)]

    def partition_oneway(
        self, sender: Iterable[Node | str], receiver: Iterable[Node | str]
    ) -> list[Link]:
        """Lose what the first group sends to the second, not the other way; heal() undoes it."""
        found = self.between(sender, receiver, None)
        for link, to in found:
            link.down(towards=to)
        return [link for link, _ in found]

    def hold(self, left: Iterable[Node | str], right: Iterable[Node | str]) -> list[Link]:
        """Keep every frame between the two groups; heal() or link.release() lets them go."""
        return [link for link, _ in self.between(left, right, Link.hold)]

    def between(
        self,
        left: Iterable[Node | str],
        right: Iterable[Node | str],
        verb: Callable[[Link], object] | None,
    ) -> list[tuple[Link, str]]:
        """The links between two groups and their end in the second one; LabError if none is."""
        sides = [{self.node(n) for n in group} for group in (left, right)]
        found = []
        for link in self.links.values():
            for here, there in ((link.a.node, link.b.node), (link.b.node, link.a.node)):
                if here in sides[0] and there in sides[1]:
                    found.append((link, there.name))
        if not found:
            raise LabError("no link joins these two groups directly: there is nothing to cut")
        if verb is not None:
            for link, _ in found:
                verb(link)
        return found

    def heal(self) -> None:
        """Bring up every link that is down, one way or both; release what is held."""
        for link in self.links.values():
            link.up()
            link.release()

    # Letting time pass

    def run(self, until: Quantity | None = None) -> str:
        """Run until that time (from the lab's beginning), or until nothing is left to do.

        Returns why it ended: "until", "idle" or "stopped".
        """
        return self.run_loop(None if until is None else time_ns(until, "until"), None)

    def run_for(self, duration: Quantity) -> str:
        """Run that long from now."""
        return self.run_loop(self.world.clock.now + time_ns(duration, "duration"), None)

    def run_until(self, predicate: Callable[[], object], timeout: Quantity | None = None) -> bool:
        """Run until predicate() is true; False if it is not by then, or never can be."""
        limit = None if timeout is None else self.world.clock.now + time_ns(timeout, "timeout")
        return self.run_loop(limit, predicate) == "predicate"

    def run_loop(self, until_ns: int | None, predicate: Callable[[], object] | None) -> str:
        """The world's loop, with routes in place."""
        self.settle_routes()
        allowed = self.settings.until_ns
        capped = allowed is not None and (until_ns is None or until_ns > allowed)
        limit = allowed if capped else until_ns
        if self.progress is not None:
            self.progress.begin(limit)
        try:
            why = self.world.run(limit, self.asked_outside(predicate))
        finally:
            usr.outside()
            if self.progress is not None:
                self.progress.end()
        if capped and why == "until":
            raise TimeLimit(f"the time limit of {self.now:g} s of virtual time is reached")
        return why

    def asked_outside(self, predicate: Callable[[], object] | None) -> Callable[[], object] | None:
        """predicate, asked as the lab's own code: an isolated program may have run just before."""
        if predicate is None or self.isolate == "none":
            return predicate
        return as_outside(predicate)

    def fork(self, **futures: Callable[[], object]) -> Futures:
        """Let this run go on in several ways from here, each in a process of its own.

        seen = lab.fork(healed=lambda: lab.run_for("9s"), cut=lambda: (wire.down(), lab.run_for("9s")))
        print(seen["cut"].value, seen.difference("healed", "cut"))

        Nothing of it happens in this process: the lab stands where it stood.
        """
        return fork(self, futures)

    def settle(self) -> None:
        """Let every runnable program run until it waits; no time passes."""
        self.settle_routes()
        runqueue = self.world.runqueue
        if not self.world.running:
            self.world.run(self.world.clock.now, lambda: runqueue.count == 0)
            usr.outside()
        elif current() is not None:  # a program of the lab started another one
            usr.kernel_call(let_others_run, runqueue)

    def settle_routes(self) -> None:
        """Install routes if the topology changed; begin the trace that was asked for."""
        if self.settings.trace and not self.asked_for:
            self.asked_for = True
            start_trace(self)
        if self.stale_routes:
            self.stale_routes = False
            install_routes(list(self.nodes.values()))

    def at(self, when: Quantity, fn: Callable[[], object]) -> Event:
        """Call fn at that virtual time, outside every host: lab.at("3s", wire.down)."""
        ns = time_ns(when, "when")
        if ns < self.world.clock.now:
            raise LabError(f"at({when!r}) has passed: it is {self.now} s already")
        return self.world.at(ns, 0, as_outside(fn))

    def every(self, period: Quantity, fn: Callable[[], object]) -> None:
        """Call fn every period from now on, until it returns False.

        It keeps the lab running: give run() a time limit.
        """
        ns = time_ns(period, "period")
        if ns <= 0:
            raise LabError(f"every({period!r}): the period must be longer than 0")

        def again() -> None:
            usr.outside()
            if fn() is not False and self.open:
                self.world.after(ns, 0, again)

        self.world.after(ns, 0, again)


def as_outside(fn: Callable[[], object]) -> Callable[[], object]:
    """fn, called as the lab's own code: an isolated host's program may have run just before."""

    def call() -> object:
        usr.outside()
        return fn()

    return call


def let_others_run(runqueue: RunQueue) -> None:
    """From a task: give everybody else who can run a turn."""
    for _ in range(runqueue.count):
        cond_resched()
