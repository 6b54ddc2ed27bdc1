"""The softnet command: help, demo, doctor, and words that make no sense."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

import softnet
from softnet.tools import cli, demo, doctor


def run_demo(tmp_path: Path, name: str, seed: int) -> tuple[str, bytes]:
    """What the demo says, and its capture."""
    said: list[str] = []
    pcap = tmp_path / name
    assert demo.run(seed, str(pcap), say=said.append) == 0
    return "\n".join(said), pcap.read_bytes()


def test_the_demo_shows_what_it_promises(tmp_path: Path) -> None:
    text, first = run_demo(tmp_path, "a.pcapng", 7)
    for part in (
        "h1 10.0.0.1 eth0 ──┤ 10mbit 20ms loss 1% ├── eth0 10.0.0.2 r1",
        "HTTP 200, 239999 bytes",
        "what the server has",
        "virtual time ",
        "retransmitted",
        "h2$ ss -tino",
        "ts sack cubic",
        "The story of packet #1.1",
        "ip_forward",
        "tcp_v4_conn_request",
    ):
        assert part in text
    _, second = run_demo(tmp_path, "b.pcapng", 7)
    assert first == second
    assert run_demo(tmp_path, "c.pcapng", 8)[1] != first


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark is not installed")
def test_tshark_reads_the_demo(tmp_path: Path) -> None:
    run_demo(tmp_path, "a.pcapng", 7)
    checks = [f"-o{p}.check_checksum:TRUE" for p in ("ip", "tcp", "udp")]
    got = subprocess.run(
        ["tshark", "-r", str(tmp_path / "a.pcapng"), "-V", *checks],
        capture_output=True,
        text=True,
        check=True,
    )
    for word in ("malformed", "incorrect", "bad checksum", "should be 0x"):
        assert word not in got.stdout.lower().replace("[expert info", "")
    assert "HTTP/1.0 200 OK" in got.stdout


def test_no_words_print_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == cli.USAGE
    out = capsys.readouterr().out
    for command in ("demo", "run", "doctor", "demo-tap"):
        assert command in out


@pytest.mark.parametrize("command", ["demo", "run", "doctor", "demo-tap"])
def test_each_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main([command, "--help"])
    assert caught.value.code == 0
    assert f"usage: softnet {command}" in capsys.readouterr().out


def test_a_command_that_does_not_exist(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["chek", "lab.toml"]) == cli.USAGE
    assert capsys.readouterr().err.startswith("softnet: no command 'chek': did you mean 'check'")
    with pytest.raises(SystemExit):  # every command that is listed is known
        cli.main(["--help"])
    said = capsys.readouterr().out
    assert [name for name in cli.COMMANDS if f" {name} " not in said.replace("\n", " ")] == []


def test_run_of_a_file_that_does_not_exist(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["run", "nothing.py"]) == cli.USAGE
    assert "there is no file 'nothing.py'" in capsys.readouterr().err


def test_doctor() -> None:
    said: list[str] = []
    assert doctor.main(said.append) == 0
    assert said[0].startswith(f"softnet {softnet.__version__}")
    assert said[-1] == "labs can be run"
    assert any("redirected definitions" in line for line in said)


def test_doctor_as_json() -> None:
    said: list[str] = []
    assert doctor.main(said.append, as_json=True) == 0
    found = json.loads(said[0])
    assert found["labs_can_be_run"]
    assert {"definition": "time.sleep", "status": "ok"} in found["table"]
    assert {row["status"] for row in found["table"]} <= {"ok", "absent"}
