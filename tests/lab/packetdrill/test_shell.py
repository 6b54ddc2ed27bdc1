"""Commands of scripts."""

from __future__ import annotations

from pathlib import Path

import pytest

from softnet.arch.const import NETIF_F_GSO, NETIF_F_TSO
from softnet.lab.packetdrill.config import Config
from softnet.lab.packetdrill.report import PASS
from softnet.lab.packetdrill.runner import Runner
from softnet.lab.packetdrill.script import parse_script
from softnet.lab.packetdrill.shell import ShellError, expand, run_command, run_lines


@pytest.fixture
def run(tmp_path: Path) -> Runner:
    return Runner(parse_script(str(tmp_path / "x.pkt"), "0 close(3) = 0"), Config())


def read(run: Runner, name: str) -> str:
    with run.host.running():
        return run.host.net.sysctl.read(name)


def test_sysctl_sets_what_there_is_and_ignores_the_rest(run: Runner) -> None:
    run_command(run, "sysctl -q net.ipv4.tcp_sack=0 net.ipv4.tcp_nonsense=5")
    run_command(run, 'sysctl -w net.ipv4.tcp_rmem="4096 50000 $((15*1024*1024))" > /dev/null 2>&1')
    assert read(run, "net.ipv4.tcp_sack") == "0"
    assert read(run, "net.ipv4.tcp_rmem").split() == ["4096", "50000", str(15 << 20)]
    assert run_lines(run, "sysctl net.ipv4.tcp_sack") == (0, "net.ipv4.tcp_sack = 0\n")
    with pytest.raises(ShellError):
        run_command(run, "sysctl -q net.ipv4.tcp_sack=abc")


def test_helper_scripts_of_test_suites(run: Runner, tmp_path: Path) -> None:
    run_command(run, "./common/set_sysctls.py /proc/sys/net/ipv4/tcp_sack=0")
    assert read(run, "net.ipv4.tcp_sack") == "0"
    (tmp_path / "defaults.sh").write_text("#!/bin/bash\n# a\nsysctl -q net.ipv4.tcp_dsack=0\n")
    run_command(run, "./defaults.sh\n./other/defaults.sh\n/tmp/sysctl_restore_${PPID}.sh")
    assert read(run, "net.ipv4.tcp_dsack") == "0"
    assert read(run, "net.ipv4.tcp_rmem").split()[1] == "540000"  # of the one that is not there


def test_pipes_files_and_conditions(run: Runner) -> None:
    assert run_lines(run, "cat /proc/net/netstat | grep -c TcpExt") == (0, "2\n")
    assert run_lines(run, "echo a b > f && cat f | grep -v c")[1] == "a b\n"
    assert run_lines(run, "false || echo c; true # done")[0] == 0
    assert run_lines(run, "! grep -q zzz /proc/net/netstat")[0] == 0
    assert run_lines(run, "grep -q zzz /proc/net/netstat")[0] == 1
    assert run_lines(run, "rm -f f\ncat f")[0] == 1


def test_a_line_that_ends_in_an_operator_goes_on_in_the_next(run: Runner) -> None:
    """The others begin anew: a failure before them does not matter."""
    assert run_lines(run, "false &&\n  echo a") == (1, "")
    assert run_lines(run, "false &&\ntrue ||  # or else\n# nothing\n\necho b") == (0, "b\n")
    assert run_lines(run, "true ||\nfalse")[0] == 0
    assert run_lines(run, "echo c |\ngrep -c c")[1] == "1\n"
    assert run_lines(run, "false\n# d &&\necho e") == (0, "e\n")


def test_a_command_that_nobody_knows_fails(run: Runner) -> None:
    with pytest.raises(ShellError, match="did you mean sysctl"):
        run_command(run, "sysclt -q a=1")


def test_tools_of_the_host(run: Runner) -> None:
    assert run_lines(run, "ss -tan")[0] == 0
    assert "192.168.0.1" in run_lines(run, "ip addr show")[1]
    assert "192.0.2.0/24" in run_lines(run, "ip route")[1]
    assert run_lines(run, "tc qdisc add dev tun0 root pfifo") == (0, "")


def test_counters(run: Runner) -> None:
    code, text = run_lines(run, "nstat -az TcpExtTCPMD5* IpInReceives")
    assert code == 0
    names = ["IpInReceives", "TcpExtTCPMD5NotFound", "TcpExtTCPMD5Unexpected"]
    assert [line.split() for line in text.splitlines()] == [[name, "0", "0.0"] for name in names]
    assert len(run_lines(run, "nstat")[1].splitlines()) > 100


def test_routes(run: Runner) -> None:
    change = "ip route change 192.0.2.0/24 via 192.168.0.2 dev tun0 mtu lock 1400 initcwnd 4"
    run_command(run, change)
    run_command(run, "ip route add 10.0.0.0/8 via 192.168.0.9 rto_min 300ms metric 5")
    run_command(run, "ip route add blackhole 11.0.0.0/8")
    run_command(run, "ip route del 11.0.0.0/8")
    run_command(
        run, "ip tcp_metrics flush all; ip route flush cache; ip link set dev tun0 mtu 1400"
    )
    assert "10.0.0.0/8" in run_lines(run, "ip route show")[1]
    assert run.machine.tun.mtu == 1400
    with pytest.raises(ShellError, match="File exists"):
        run_command(run, "ip route add 10.0.0.0/8 via 192.168.0.9 metric 5")


def test_sleep_is_virtual(run: Runner) -> None:
    run_command(run, "sleep 100")
    assert run.now_us() == 100_000_000


def test_arithmetic() -> None:
    assert expand("$((2*3+1)) ${PPID}") == "7 1"


def test_a_failing_command_fails_the_script() -> None:
    runner = Runner(parse_script("x.pkt", "`false`\n0 close(3) = 0"), Config())
    verdict = runner.run()
    assert verdict.verdict != PASS
    assert "the command ended with 1" in verdict.message


def test_ethtool_switches_super_packets(run: Runner) -> None:
    features = run.machine.tun.features
    run_command(run, "ethtool -K tun0 tso off gso off")
    assert run.machine.tun.features & (NETIF_F_TSO | NETIF_F_GSO) == 0
    run_command(run, "ethtool -K tun0 tso on gso on && ethtool -i tun0")
    assert run.machine.tun.features == features
