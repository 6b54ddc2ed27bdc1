"""softnet trace: what it prints, what it keeps apart, and what it says of words that make no sense."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import softnet
from softnet.tools.cli import main
from tests.kit.programs_net import fetch, web

PROGRAM = """
import sys, softnet
from tests.kit.programs_net import fetch, web

with softnet.Lab(seed=4) as lab:
    a, b = lab.hosts("a", "b")
    wire = lab.link(a, b, rate="10mbit", delay="20ms")
    wire.drop(nth=1, match="tcp src port 80 and len > 1000")
    b.start(web)
    print("fetched", a.call(fetch, "b", 20_000), *sys.argv[1:])
    a.ping("b", count=1)
"""

Said = pytest.CaptureFixture[str]


@pytest.fixture
def program(tmp_path: Path) -> str:
    path = tmp_path / "prog.py"
    path.write_text(PROGRAM)
    return str(path)


def trace(capsys: Said, *words: str) -> tuple[int, list[str], str]:
    """The exit code, the lines of the trace, and what stands on standard error."""
    code = main(["trace", *words])
    out, err = capsys.readouterr()
    return code, out.splitlines(), err


def test_every_function_and_the_program_kept_apart(program: str, capsys: Said) -> None:
    code, lines, err = trace(capsys, program)
    assert code == 0, err
    assert lines[0].split() == ["VTIME", "HOST", "CPU", "SKB", "FUNC", "DETAIL"]
    for word in ("tcp_v4_rcv", "icmp_rcv", "cable_transmit", "arp_rcv", "DROP rule"):
        assert any(f" {word} " in line + " " for line in lines), word
    assert any(" ip_rcv " in line and "> 10.0.0.2.80: Flags [S]" in line for line in lines)
    assert err == "fetched 20000\n"


def test_a_filter_and_a_host(program: str, capsys: Said) -> None:
    _, lines, _ = trace(capsys, program, "icmp", "and", "host", "10.0.0.1", "-n", "b")
    hosts = {line.split()[1] for line in lines[1:]}
    assert hosts == {"b", "wire"}
    functions = {line.split()[4] for line in lines[1:]}
    assert "icmp_rcv" in functions
    assert not any(name.startswith("tcp_") for name in functions)


def test_tcp(program: str, capsys: Said) -> None:
    _, lines, _ = trace(capsys, "-p", "tcp", program, "tcp port 80 and src host 10.0.0.2")
    for words in (("a 10.0.0.1:", "10.0.0.2:80", "SYN_SENT"), ("b 10.0.0.2:80", "FIN_WAIT1")):
        assert any(all(word in line for word in words) for line in lines), words
    assert any(
        line.split()[1:3] == ["a", lines[1].split()[2]] and "CLOSE " in line for line in lines
    )
    assert trace(capsys, "-p", "tcp", program, "port 81")[1:] == (
        lines[:1],
        "fetched 20000\nsoftnet: there was no connection that passes 'port 81'\n",
    )


def test_drops_as_json(program: str, capsys: Said) -> None:
    _, lines, _ = trace(capsys, program, "-p", "drops", "--json")
    records = [json.loads(line) for line in lines]
    lost = [r for r in records if r["host"] == "wire"]
    assert [(r["where"], r["why"], r["counters"]) for r in lost] == [
        ("a-b:ba", "rule", {"rule": 1})
    ]
    assert "10.0.0.2.80" in lost[0]["frame"]


def test_a_file_leaves_the_output_alone(program: str, tmp_path: Path, capsys: Said) -> None:
    out = tmp_path / "t.txt"
    code, lines, err = trace(capsys, "-o", str(out), "-p", "tcp", program, "--", "x", "-y")
    assert (code, lines, err) == (0, ["fetched 20000 x -y"], "")
    assert "ESTABLISHED" in out.read_text()


def test_the_time_limit(program: str, capsys: Said) -> None:
    code, lines, err = trace(capsys, "--until", "30ms", "-p", "tcp", program)
    assert code == 124
    assert "time limit" in err
    assert lines[-1].split()[4] == "SYN_SENT"


def test_a_topology_file(tmp_path: Path, capsys: Said) -> None:
    path = tmp_path / "lab.toml"
    run = '[hosts.a]\nrun = ["ping -c 1 b"]\n[hosts.b]\n[[links]]\nends = ["a", "b"]\n'
    path.write_text(run)
    code, lines, err = trace(capsys, str(path), "icmp", "-n", "a")
    assert code == 0
    assert any(" icmp_rcv" in line for line in lines)
    assert "1 received" in err
    path.write_text(run.replace("ends", "end"))
    assert trace(capsys, str(path))[0] == 1


def test_a_capture(program: str, tmp_path: Path, capsys: Said) -> None:
    path = str(tmp_path / "run.pcapng")
    trace(capsys, program, "--pcap", path, "-p", "drops")
    _, lines, _ = trace(capsys, path, "-n", "b")
    assert lines[0].split()[:5] == ["TIME", "CONN", "FROM", "TO", "STATE"]
    assert [line.split()[4:7] for line in lines[1:4]] == [
        ["SYN_SENT", "S", "0:0"],
        ["SYN_RECV", "S.", "0:0"],
        ["ESTABLISHED", ".", "1:1"],
    ]
    for note in ("lost", "sent again", "duplicate ACK", "SACK"):
        assert any(note in line for line in lines), note
    assert "TIME_WAIT" in lines[-1]
    _, syns, _ = trace(capsys, path, "tcp[tcpflags] & tcp-syn != 0", "--json")
    assert [json.loads(line)["state"] for line in syns] == ["SYN_SENT", "SYN_RECV"]


def test_a_capture_that_begins_in_the_middle(tmp_path: Path, capsys: Said) -> None:
    path = tmp_path / "run.pcapng"
    with softnet.Lab(seed=4) as lab:
        a, b = lab.hosts("a", "b")
        lab.link(a, b, delay="5ms")
        b.start(web)
        lab.at("25ms", lambda: lab.capture(path, on="b"))
        a.call(fetch, "b", 60_000)
    _, lines, _ = trace(capsys, str(path), "--json")
    records = [json.loads(line) for line in lines]
    assert {r["state"] for r in records[:9]} == {"ESTABLISHED"}
    assert all(isinstance(r["ack"], int) for r in records)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["-p", "tpc"], "no profile 'tpc': did you mean 'tcp'?"),
        (["tcp", "prt", "80"], "'prt' is not expected here"),
        (["tcp", "prt", "80"], "goes behind --"),
        (["--sead", "4"], "did you mean '--seed'"),
        (["--until", "5q"], "no unit 'q'"),
        (["-n", "c", "-p", "tcp"], "no host 'c': there is a, b"),
    ],
)
def test_mistakes(program: str, words: list[str], said: str, capsys: Said) -> None:
    try:
        code = main(["trace", program, *words])
    except SystemExit as e:
        code = int(f"{e.code}")
    assert code == 2
    lines = capsys.readouterr().err.removeprefix("fetched 20000\n").splitlines()
    assert lines[-1].startswith("softnet: ")
    assert said in lines[-1]


def test_mistakes_with_files(program: str, tmp_path: Path, capsys: Said) -> None:
    assert trace(capsys, str(tmp_path))[0] == 2
    assert trace(capsys, program, "-o", str(tmp_path / "no" / "x"))[0] == 1
    path = str(tmp_path / "run.pcapng")
    trace(capsys, program, "--pcap", path, "-o", str(tmp_path / "t"))
    for words, said in (
        (["-p", "drops"], "softnet plot draws them"),
        (["--seed", "1"], "--seed is for programs"),
        (["-n", "c"], "no host 'c' in this capture"),
    ):
        code, _, err = trace(capsys, path, *words)
        assert code == 2
        assert said in err


@pytest.mark.slow
def test_a_real_pipe(program: str) -> None:
    """Standard output is the trace's alone, and a reader who goes ends the command quietly."""
    command = [sys.executable, "-m", "softnet", "trace", "-p", "tcp", program]
    got = subprocess.run(command, capture_output=True, text=True, check=False)
    assert got.returncode == 0
    assert got.stdout.startswith("VTIME")
    assert "fetched" not in got.stdout
    assert got.stderr == "fetched 20000\n"
    shell = " ".join([*command[:4], program]) + " | head -1"
    got = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=False)
    assert got.stdout.split()[0] == "VTIME"
    assert "Traceback" not in got.stderr
