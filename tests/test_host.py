"""A host boots: what is there before anybody types anything, and what typing changes."""

from __future__ import annotations

import errno

import pytest

from softnet.host import INITCALLS, Host
from softnet.kernel.sched import nsleep
from softnet.kernel.timer import mod_timer
from softnet.machine.clock import World
from softnet.net.core.net_namespace import copy_net_ns, put_net
from softnet.structs.fib import FibConfig
from softnet.syscalls import sys_getpid, sys_open, sys_read, sys_setns, sys_unshare
from softnet.wire.addr import ip_aton

CLONE_NEWNET = 0x40000000


@pytest.fixture
def host() -> Host:
    return Host(World(seed=3), "h1")


def run(host: Host, fn, *args):
    task = host.spawn(fn, *args)
    host.world.run(predicate=task.finished)
    return task.result()


def cat(path: str) -> str:
    return sys_read(sys_open(path), 1 << 20).decode()


def test_loopback_is_up_with_its_address(host: Host) -> None:
    lo = host.device("lo")
    assert lo.flags & 1
    assert [ifa.ifa_local for ifa in lo.ip_ptr.ifa_list] == [ip_aton("127.0.0.1")]
    assert lo.mtu == 16436


def test_boot_list_names_each_part_once() -> None:
    names = [call.name for call in INITCALLS]
    assert len(names) == len(set(names))


def test_hosts_of_one_world_share_nothing() -> None:
    world = World()
    a, b = Host(world, "a"), Host(world, "b")
    a.sysctl("net.ipv4.ip_forward", 1)
    a.add_address("lo", "10.9.9.9", 32)
    assert run(b, cat, "/proc/sys/net/ipv4/ip_forward") == "0\n"
    assert run(a, cat, "/proc/sys/net/ipv4/ip_forward") == "1\n"
    assert len(b.device("lo").ip_ptr.ifa_list) == 1


def test_pids_and_time_are_the_hosts(host: Host) -> None:
    def program() -> int:
        nsleep(5)
        return sys_getpid()

    assert [run(host, program) for _ in range(2)] == [1, 2]
    assert host.world.clock.now == 10


def test_a_new_namespace_has_only_a_loopback_that_is_down(host: Host) -> None:
    def program() -> tuple[str, str]:
        outside = cat("/proc/net/dev")
        sys_unshare(CLONE_NEWNET)
        inside = cat("/proc/net/dev")
        sys_setns(host.net)
        assert cat("/proc/net/dev") == outside
        return outside, inside

    outside, inside = run(host, program)
    assert "lo:" in inside
    assert len(inside.splitlines()) == 3
    assert outside.count("\n") == inside.count("\n")


def test_a_namespace_goes_with_its_routes_and_timers(host: Host) -> None:
    timers = host.machine.timers
    before = timers.count
    with host.running():
        net = copy_net_ns(host.net, "ns1")
        tables = net.ipv4.fib.tables
        assert tables
        worker = net.ipv4.route.worker
        mod_timer(worker, 1000)
        assert timers.count == before + 1
        put_net(net)
    assert timers.count == before
    assert not tables


@pytest.mark.parametrize(
    ("act", "error"),
    [
        (lambda h: h.set_up("eth7"), errno.ENODEV),
        (lambda h: h.add_address("lo", "127.0.0.1", 8), errno.EEXIST),
        # 3.2 answers "No such process" where later kernels say ENETUNREACH
        (lambda h: h.add_route(FibConfig(dst=0x0A000000, dst_len=8, gw=0x0B000001)), errno.ESRCH),
        (lambda h: h.del_route(FibConfig(dst=0x0A000000, dst_len=8)), errno.ESRCH),
        (lambda h: h.sysctl("net.ipv4.ip_default_ttl", 256), errno.EINVAL),
    ],
)
def test_errors_are_linuxs(host: Host, act, error: int) -> None:
    with pytest.raises(OSError, match=r".+") as e:
        act(host)
    assert e.value.errno == error


def test_halt_ends_every_task(host: Host) -> None:
    ended = []

    def sleeper() -> None:
        try:
            nsleep(10**12)
        finally:
            ended.append(True)

    host.spawn(sleeper)
    host.spawn(sleeper)
    host.world.run(until_ns=1000)
    host.halt()
    assert ended == [True, True]
    assert host.world.run() == "idle"
