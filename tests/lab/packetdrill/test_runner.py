"""Scripts, run: what passes, what does not, and what is said of it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from softnet.lab.packetdrill.config import Config
from softnet.lab.packetdrill.main import main
from softnet.lab.packetdrill.report import ERROR, FAIL, PASS, Verdict
from softnet.lab.packetdrill.runner import Runner, run_script
from softnet.lab.packetdrill.script import parse_script

SERVER = """
0  socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0 < S 0:0(0) win 32792 <mss 1000,sackOK,nop,nop,nop,wscale 7>
+0 > S. 0:0(0) ack 1 <mss 1460,nop,nop,sackOK,nop,wscale 7>
+.1 < . 1:1(0) ack 1 win 257
+0 accept(3, ..., ...) = 4
"""
UDP = """
0  socket(..., SOCK_DGRAM, IPPROTO_UDP) = 3
+0 bind(3, ..., ...) = 0
+0 connect(3, ..., ...) = 0
"""


def run(text: str, *options: str) -> Verdict:
    config = Config()
    for option in options:
        name, _, value = option.partition("=")
        config.set(name, value)
    return run_script(parse_script("x.pkt", text.strip()), config)


def fails(text: str, line: int, *words: str) -> Verdict:
    """The script fails there; its report says all of words."""
    verdict = run(text)
    assert verdict.verdict == FAIL, verdict.text()
    assert verdict.line == line, verdict.text()
    for word in words:
        assert word in verdict.text()
    return verdict


def passes(text: str, *options: str) -> None:
    verdict = run(text, *options)
    assert verdict.verdict == PASS, verdict.text()


def test_a_connection() -> None:
    passes(SERVER + "+0 write(4, ..., 3000) = 3000\n+0 > P. 1:3001(3000) ack 1\n")


def test_segments_are_put_together_unless_they_must_not() -> None:
    two = SERVER + "+0 setsockopt(4, SOL_TCP, TCP_NODELAY, [1], 4) = 0\n"
    two += "+0 write(4, ..., 100) = 100\n+0 write(4, ..., 50) = 50\n+0 > P. 1:151(150) ack 1\n"
    fails(two.replace("150", "140").replace("151", "141"), 11, "* seq")
    assert run(two, "strict_segments").verdict == FAIL


def test_a_wrong_packet_is_shown_beside_the_right_one() -> None:
    verdict = fails(
        SERVER + "+0 write(4, ..., 100) = 100\n+0 > P. 1:201(200) ack 2 win 9\n",
        9,
        "* seq     1:201(200)",
        "* ack     2 ",
        "* win     9",
        "  flags   P.",
        "IP 192.168.0.1.8080 > 192.0.2.1.40001: Flags [P.], seq 1:101, ack 1",
        "9 | +0 > P. 1:201(200) ack 2 win 9",
    )
    assert verdict.json()["line"] == 9
    assert {"field": "ack", "expected": "2", "seen": "1", "same": False} in verdict.json()["fields"]


def test_a_packet_that_does_not_come() -> None:
    fails(SERVER + "+0 > P. 1:201(200) ack 2 win 9\n", 8, "no packet by 0.100000", "nothing")


def test_a_packet_that_comes_too_late_or_too_early() -> None:
    sent = SERVER + "+0 write(4, ..., 100) = 100\n+0 > P. 1:101(100) ack 1\n"
    late = sent + "+.1 > P. 1:101(100) ack 1\n"
    fails(late, 10, "time", "0.200000", "0.400000")
    fails(sent.replace("+0 > P", "+.1 > P"), 9, "* time    0.200000", "0.100000")
    passes(late, "tolerance_usecs=200000")
    passes(sent + "+0~+.5 > P. 1:101(100) ack 1\n")
    passes(sent + "* > P. 1:101(100) ack 1\n")


def test_packets_of_others_are_not_looked_at() -> None:
    passes(
        SERVER + "+0 < 50000 > 81 S 5:5(0) win 9\n+0 write(4, ..., 9) = 9\n+0 > P. 1:10(9) ack 1\n"
    )


def test_two_connections_by_their_ports() -> None:
    passes(
        "0  socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n"
        "+0 bind(3, ..., ...) = 0\n"
        "+0 listen(3, 5) = 0\n"
        "+0 < 50000 > 8080 S 0:0(0) win 9000 <mss 1000>\n"
        "+0 > S. 0:0(0) ack 1 <mss 1460>\n"
        "+0 < 50000 > 8080 . 1:1(0) ack 1 win 9000\n"
        "+0 < 50001 > 8080 S 7:7(0) win 9000 <mss 1000>\n"
        "+0 > 8080 > 50001 S. 0:0(0) ack 8 <mss 1460>\n"
        "+0 < 50001 > 8080 . 1:1(0) ack 1 win 9000\n"
        "+0 accept(3, ..., ...) = 4\n"
        "+0 accept(3, ..., ...) = 5\n"
        "+0 write(5, ..., 10) = 10\n"
        "+0 > 8080 > 50001 P. 1:11(10) ack 1\n"
        "+0 write(4, ..., 20) = 20\n"
        "+0 > 8080 > 50000 P. 1:21(20) ack 1\n"
    )


def test_results_of_calls() -> None:
    fails(SERVER + "+0 close(9) = 0\n", 8, "expected 0, it returned -1 EBADF")
    fails(SERVER + "+0 close(4) = -1 EBADF (Bad file descriptor)\n", 8, "it returned 0")
    fails(SERVER + "+0 read(4, ..., 5) = 5\n", 8, "read() sleeps")
    passes(SERVER + "+0 recv(4, ..., 5, MSG_DONTWAIT) = -1 EAGAIN (Resource temporarily un)\n")
    passes(SERVER + "+0 recv(4, ..., 5, MSG_DONTWAIT) = -1\n")
    passes(SERVER + "+0 recv(4, ..., 5, MSG_DONTWAIT) = ...\n")
    fails(
        SERVER + "+0 getsockopt(4, SOL_TCP, TCP_NODELAY, [1], [4]) = 0\n", 8, "expected 1, seen 0"
    )


def test_blocking_calls() -> None:
    read = SERVER + "+0...0.2 read(4, ..., 5) = 5\n+.1 < P. 1:6(5) ack 1 win 257\n"
    fails(read, 8, "expected it to return at 0.300000 s, not 0.200000 s")
    passes(read.replace("...0.2", "...0.1"))
    never = SERVER + "+0...0.2 read(4, ..., 5) = 5\n+1 close(4) = 0\n"
    fails(never, 8, "should return at 0.300000 s, and sleeps still")
    end = SERVER + "+0...0.2 read(4, ..., 5) = 5\n"
    fails(end, 8, "sleeps still")


def test_relative_times_count_from_the_end_of_what_was_before() -> None:
    passes(
        SERVER
        + "+0 write(4, ..., 100) = 100\n+0 > P. 1:101(100) ack 1\n+.3 > P. 1:101(100) ack 1\n"
        "+.6 > P. 1:101(100) ack 1\n1.1 close(4) = 0\n"
    )


def test_code_sees_tcp_info() -> None:
    passes(SERVER + "+0 %{ assert tcpi_snd_cwnd == 10 and tcpi_state == TCP_ESTABLISHED }%\n")
    fails(SERVER + "+0 %{ x = 3\nassert tcpi_unacked == x }%\n", 8, "assert tcpi_unacked == x")
    fails(SERVER + "+0 %{ nonsense( }%\n", 8, "SyntaxError")


def test_code_is_one_program() -> None:
    passes(SERVER + "+0 %{ a = tcpi_snd_mss }%\n+0 %{\n   assert a == 1000\n   b = 1\n}%\n")


def test_code_sees_initial_sequence_numbers() -> None:
    """They hang on the host's secret: another seed, other numbers (beside keyed_isn.pkt)."""

    def isns(seed: int) -> object:
        script = parse_script("x.pkt", SERVER + "+0 %{ seen = list(isns) }%\n")
        config = Config()
        config.set("seed", str(seed))
        runner = Runner(script, config)
        assert runner.run().passed()
        return runner.code.names["seen"]

    assert isns(1) == isns(1)
    assert isns(1) != isns(2)


def test_datagrams() -> None:
    passes(
        UDP
        + "+0 sendto(3, ..., 100, 0, ..., ...) = 100\n+0 > udp (100)\n+0 < udp (50)\n"
        + "+0 read(3, ..., 100) = 50\n"
        + "+0 < icmp unreachable port_unreachable [udp (100)]\n"
        + "+0 write(3, ..., 1) = -1 ECONNREFUSED (Connection refused)\n"
    )
    fails(UDP + "+0 write(3, ..., 100) = 100\n+0 > udp (99)\n", 5, "* length")


def test_envelopes_go_in_and_come_to_nothing() -> None:
    passes(
        SERVER
        + "+0 < ipv4 192.0.2.1 > 192.168.0.1: gre: . 1:101(100) ack 1 win 9\n"
        + "+0 recv(4, ..., 5, MSG_DONTWAIT) = -1 EAGAIN (Resource temporarily unavailable)\n"
    )


def test_ttl_tos_and_ecn() -> None:
    sent = SERVER + "+0 setsockopt(4, SOL_IP, IP_TOS, [8], 4) = 0\n+0 write(4, ..., 9) = 9\n"
    passes(sent + "+0 > [tos 0x8] P. 1:10(9) ack 1\n")
    fails(sent + "+0 > [tos 0x10] P. 1:10(9) ack 1\n", 10, "* tos")
    fails(sent + "+0 > [ttl 63] P. 1:10(9) ack 1\n", 10, "* ttl")
    fails(sent + "+0 > [ect0] P. 1:10(9) ack 1\n", 10, "* ecn")


def test_options_are_compared_in_their_order() -> None:
    fails(
        SERVER.replace("nop,nop,sackOK,nop,wscale 7>\n+.1", "sackOK,nop,nop,nop,wscale 7>\n+.1"),
        5,
        "* options <mss 1460,sackOK",
    )


def test_timestamps_are_compared_on_demand() -> None:
    text = """
0  socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 bind(3, ..., ...) = 0
+0 listen(3, 1) = 0
+0 < S 0:0(0) win 32792 <mss 1000,sackOK,TS val 500 ecr 0,nop,wscale 7>
+0 > S. 0:0(0) ack 1 <mss 1460,sackOK,TS val 100 ecr 500,nop,wscale 7>
+.1 < . 1:1(0) ack 1 win 257 <nop,nop,TS val 600 ecr 100>
+0 accept(3, ..., ...) = 4
+0 write(4, ..., 10) = 10
+0 > P. 1:11(10) ack 1 <nop,nop,TS val 200 ecr 600>
"""
    passes(text, "tcp_ts_tick_usecs=1000")
    wrong = text.replace("val 200 ecr 600", "val 201 ecr 600")
    passes(wrong)
    assert "options" in run(wrong, "tcp_ts_tick_usecs=1000").text()
    passes(wrong, "tcp_ts_tick_usecs=1000", "tolerance_usecs=1000")


def test_the_same_run_twice_is_the_same() -> None:
    text = SERVER + "+0 write(4, ..., 100) = 100\n+0 > P. 1:102(101) ack 1\n"
    assert run(text).text() == run(text).text()


def test_unknown_calls_and_options_are_errors() -> None:
    verdict = run("0 sokcet(1, 2, 3) = 3")
    assert (verdict.verdict, verdict.line) == (ERROR, 1)
    assert "did you mean socket" in verdict.text()
    assert "takes 2 arguments, not 1" in run("0 listen(3) = 0").text()
    assert "did you mean tolerance_usecs" in run("--tolerance_usec=1\n0 close(3) = 0").text()
    assert run("0 setsockopt(3, 1, 2, {onoff=[1], linger=0}, 8) = 0").verdict != PASS


def test_warnings_instead_of_failures() -> None:
    verdict = run(SERVER + "+0 close(9) = 0\n", "non_fatal=syscall")
    assert verdict.verdict == PASS
    assert len(verdict.warnings) == 1


def write(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(text.strip() + "\n")
    return str(path)


def test_exit_codes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = write(tmp_path, "good.pkt", SERVER)
    bad = write(tmp_path, "bad.pkt", SERVER + "+0 > . 1:1(0) ack 1")
    broken = write(tmp_path, "broken.pkt", "0 socket(")
    assert main([good]) == 0
    assert main([good, bad]) == 1
    assert main([bad, broken]) == 2
    assert main([]) == 2
    assert main(["--bogus", good]) == 2
    assert main([str(tmp_path / "none.pkt")]) == 2
    assert main(["--help"]) == 0
    assert main(["--dry_run", bad]) == 0
    printed = capsys.readouterr()
    assert f"{good}: OK" in printed.out
    assert f"{broken}:1: error: expected" in printed.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "accept(3, ..., ...) = -1 EAGIAN",
            "x.pkt:8: error: unknown errno EAGIAN: did you mean EAG",
        ),
        (
            "acept(3, ..., ...) = 5",
            "did you mean accept or accept4?\n     8 | +0 acept(3, ..., ...",
        ),
        ("accept(3, ..., ... = 5", "expected , or ), not '= 5'\n     8 | +0 accept(3"),
    ],
)
def test_a_line_that_makes_no_sense_is_shown(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([write(tmp_path, "x.pkt", SERVER + f"+0 {text}")]) == 2
    assert said in capsys.readouterr().err


def test_what_is_said_of_files_options_and_many(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = write(tmp_path, "good.pkt", SERVER)
    slip = write(tmp_path, "slip.pkt", SERVER + "+0 `sysctl -q net.ipv4.tcp_sak=0 net.ipv4.new=1`")
    (tmp_path / "empty").mkdir()
    assert main([str(tmp_path / "empty"), good, slip]) == 2
    out, err = capsys.readouterr()
    assert out.endswith("2 passed, 1 made no sense\n")
    assert err.splitlines()[0] == f"{tmp_path / 'empty'}: error: no .pkt file is in this folder"
    assert "slip.pkt:8: sysctl net.ipv4.tcp_sak: this kernel has none; ignored: did you mean" in err
    assert "net.ipv4.new" not in err
    assert main(["--trce", good]) == 2
    assert "unknown option --trce: did you mean trace?" in capsys.readouterr().err
    assert main(["--tolerance_percent=x", good]) == 2
    assert "is a number, not 'x'" in capsys.readouterr().err


def test_columns_are_as_wide_as_what_is_in_them() -> None:
    wrong = SERVER.replace(
        "mss 1460,nop,nop,sackOK,nop,wscale 7", "mss 1460,sackOK,nop,nop,nop,wscale 7"
    )
    lines = run(wrong).text().splitlines()
    head, row = lines[2], next(line for line in lines if line.startswith("  * options"))
    assert head.index("seen") == row.index("<mss", 20)


def test_json_and_trace(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    bad = write(tmp_path, "bad.pkt", SERVER + "+0 > . 1:1(0) ack 1")
    assert main(["--json", bad]) == 1
    verdict = json.loads(capsys.readouterr().out)
    assert (verdict["verdict"], verdict["line"]) == ("fail", 8)
    assert main(["--trace", bad]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "0.000000 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3"
    assert lines[3].startswith("0.000000 < IP 192.0.2.1.40001 > 192.168.0.1.8080: Flags [S]")


def test_options_of_the_command_line(tmp_path: Path) -> None:
    text = SERVER.replace("192", "192") + "+0 getsockopt(4, SOL_TCP, TCP_CONGESTION, CC, [16]) = 0"
    path = write(tmp_path, "cc.pkt", text)
    assert main(["-D", 'CC="cubic"', path]) == 0
    assert main(["--define=CC=" + '"reno"', path]) == 1
    assert main(["-DCC=...", "--tolerance_usecs", "100", "--repeat=2", path]) == 0


def test_repetitions_have_seeds_of_their_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = """0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3
+0 fcntl(3, F_SETFL, O_RDWR|O_NONBLOCK) = 0
+0 connect(3, ..., ...) = -1 EINPROGRESS (of a port that luck chose)
+0 > S 0:0(0) <...>
"""
    path = write(tmp_path, "port.pkt", text)
    assert main(["--trace", "--repeat=3", path]) == 0
    ports = re.findall(r"> IP 192\.168\.0\.1\.(\d+)", capsys.readouterr().out)
    assert len(ports) == len(set(ports)) == 3
    assert main(["--trace", "--seed=2", path]) == 0
    assert f"192.168.0.1.{ports[1]} >" in capsys.readouterr().out
    assert main(["--repeat=3", "--seed=7", write(tmp_path, "bad.pkt", text + "+0 > S 0:0(0)")]) == 1
    assert "(--seed=7)" in capsys.readouterr().err


def test_addresses_and_mtu() -> None:
    text = SERVER.replace("mss 1460", "mss 960")
    passes(text, "mtu=1000", "local_ip=10.0.0.1", "remote_ip=10.9.0.1", "gateway_ip=10.0.0.9")


def test_ipv6_is_refused_in_words() -> None:
    verdict = run("--ip_version=ipv6\n0 close(3) = 0")
    assert verdict.verdict == FAIL
    assert "IPv4 only" in verdict.text()


def test_a_folder_stands_for_its_scripts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a").mkdir()
    write(tmp_path / "a", "good.pkt", SERVER)
    write(tmp_path, "bad.pkt", SERVER + "+0 > . 1:1(0) ack 1")
    assert main([str(tmp_path)]) == 1
    assert "good.pkt: OK" in capsys.readouterr().out
