"""Topology files: the lab that one describes, what it runs, and what is wrong in others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import softnet
from softnet.lab.errors import LabError
from softnet.lab.file import check, command, load, run_file
from softnet.lab.schema import json_schema
from softnet.tools.cli import main
from tests.kit.binaries import needs_trap

EXAMPLE = Path(__file__).parent.parent.parent / "examples" / "lossy.toml"
SMALL = """
[hosts.a]
run = [{ cmd = "ping -c 1 b", expect = 0 }]
[hosts.b]
[[links]]
ends = ["a", "b"]
"""


def write(folder: Path, text: str, name: str = "lab.toml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_the_example_makes_what_it_says(capsys: pytest.CaptureFixture[str]) -> None:
    file = load(EXAMPLE)
    with file.lab() as lab:
        file.build(lab, start=False)
        assert lab.seed == 7
        assert list(lab.nodes) == ["web", "cli", "r1"]
        assert lab.links["web-r1"].describe() == "100mbit 5ms"
        assert lab.links["cli-r1"].describe() == "10mbit 20ms jitter 2ms loss 1%"
        assert lab.links["cli-r1"].cable.ab.queue_max == 100
        path = "/proc/sys/net/ipv4/tcp_congestion_control"
        assert lab.node("web").read(path).strip() == "cubic"
    assert check(EXAMPLE).endswith("3 hosts, 2 links, seed 7")


def test_commands_run_when_they_shall_and_their_exit_codes_count(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(
        tmp_path,
        "import sys, time; print(time.monotonic() // 1, sys.argv[1:]); sys.exit(3)",
        "p.py",
    )
    text = SMALL.replace(
        "[hosts.b]",
        '[hosts.b]\nrun = [{cmd = "python p.py x", start = "2s", expect = 3}, "python -m this"]',
    )
    assert run_file(write(tmp_path, text))
    out = capsys.readouterr().out
    assert "2.0 ['x']" in out
    assert "a$ ping -c 1 b" in out
    assert "Zen of Python" in out
    assert not run_file(write(tmp_path, text.replace("expect = 3", "expect = 0")))
    assert "'python p.py x' on 'b' ended with 3, not with 0" in capsys.readouterr().err


@needs_trap
def test_real_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    command = '{cmd = "sh say.sh", start = "2s", expect = 3}'
    text = SMALL.replace("[hosts.b]", f"[hosts.b]\nrun = [{command}]")
    write(tmp_path, "hostname; date +%S; exit 3", "say.sh")
    assert run_file(write(tmp_path, text))
    assert "b$ sh say.sh\nb\n02\n" in capsys.readouterr().out
    with pytest.raises(LabError, match="no-such-program"):
        check(write(tmp_path, text.replace("sh say.sh", "exec no-such-program")))


def test_events_and_capture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pcap = tmp_path / "run.pcapng"
    text = SMALL.replace("-c 1 b", "-c 5 b") + (
        f'[capture]\nfile = "{pcap}"\nfilter = "icmp"\n'
        '[[events]]\nat = "1500ms"\ndo = "link a-b down"\n'
        '[[events]]\nat = "3500ms"\ndo = "link a-b up"\n'
    )
    run_file(write(tmp_path, text))
    assert "5 packets transmitted, 3 received" in capsys.readouterr().out
    assert pcap.stat().st_size > 500


def test_yaml_has_the_same_keys(tmp_path: Path) -> None:
    text = """
lab: {seed: 3}
hosts:
  a: {}
  b:
    sysctl: {net.ipv4.ip_default_ttl: 9}
links:
  - ends: [a, b]
    delay: 5ms
    addresses: [10.9.0.1/24, 10.9.0.2/24]
"""
    with softnet.Lab() as lab:
        load(write(tmp_path, text, "lab.yaml")).build(lab)
        assert "ttl=9" in lab.node("a").sh("ping -c 1 b")
        assert lab.node("b").address == "10.9.0.2"
    bad = write(tmp_path, text.replace("delay", "dealy"), "bad.yml")
    with pytest.raises(LabError, match=r"bad\.yml:9: no key 'dealy' in links\.0.*'delay'"):
        load(bad)
    with pytest.raises(LabError, match=r"bad\.yml: "):
        load(write(tmp_path, "a: [", "bad.yml"))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[hosts.a]", "[hots.a]", r":2: no key 'hots': did you mean 'hosts'"),
        ("cmd =", "cdm =", r":3: no key 'cdm' in hosts\.a\.run\.0: did you mean 'cmd'"),
        ("expect = 0", 'expect = "0"', r":3: Expected `int \| null`, got `str`"),
        ('ends = ["a", "b"]', 'ends = ["a"]', r":6: Expected `array` of length 2"),
        ('ends = ["a", "b"]', 'ends = ["a", "c"]', r"no host 'c'"),
        ('ends = ["a", "b"]', 'ends = ["a:eth1", "b"]', r"next device of 'a' is eth0"),
        ('ends = ["a", "b"]', 'ends = ["a", "b"]\nloss = "5 apples"', r"loss='5 apples'"),
        ("ping -c 1 b", "crul b", r"'crul b' on 'a' is neither"),
        ("ping -c 1 b", "python prog.py", r"there is no file 'prog\.py'"),
        ("[hosts.a]", '[lab]\nstop = "9 parsecs"\n[hosts.a]', "lab.stop='9 parsecs': no unit"),
        (
            "[hosts.b]",
            '[hosts.b]\nsysctl = { "net.ipv4.tcp_sak" = 0 }',
            r"no sysctl 'net\.ipv4\.tcp_sak': did you mean 'net\.ipv4\.tcp_sack'",
        ),
        (
            "[[links]]",
            '[capture]\nfile = "x"\nfilter = "tcp prt 80"\n[[links]]',
            "filter 'tcp prt 80'",
        ),
        ("[hosts.b]", "[hosts.b", r"lab\.toml: Expected"),
        (
            "[[links]]",
            '[[events]]\nat = 1\ndo = "link b-a down"\n[[links]]',
            r"no link 'b-a': there is a-b",
        ),
    ],
)
def test_mistakes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], old: str, new: str, message: str
) -> None:
    assert old in SMALL
    path = write(tmp_path, SMALL.replace(old, new))
    with pytest.raises(LabError, match=message):
        check(path)
    assert main(["check", str(path)]) == 1
    assert capsys.readouterr().err.startswith("softnet: ")


def test_what_events_can_do() -> None:
    with softnet.Lab() as lab:
        lab.hosts("a", "b")
        wire = lab.link("a", "b")
        for text, described in [
            ("link a-b set loss 5% delay 2ms", "2ms loss 5%"),
            ("link a-b down", "2ms loss 5% down"),
            ("link a-b up", "2ms loss 5%"),
            ("link a-b down towards b", "2ms loss 5% down towards b"),
            ("heal", "2ms loss 5%"),
            ("partition a b", "2ms loss 5% down"),
        ]:
            command(lab, text)()
            assert wire.describe() == described
        command(lab, "host a crash")()
        assert not lab.node("a").powered
        command(lab, "host a restart")()
        assert lab.node("a").powered
        for text in (
            "link a-b dwon",
            "link a-b set los 3",
            "host a crush",
            "do it",
            "link a-b set x",
        ):
            with pytest.raises(LabError):
                command(lab, text)


def test_the_schema_knows_every_key() -> None:
    schema = json.loads(json_schema())
    tables = schema["$defs"]
    assert set(tables["Topology"]["properties"]) == {
        "lab", "defaults", "hosts", "routers", "links", "events", "capture",
    }  # fmt: skip
    assert "jitter" in tables["LinkTable"]["properties"]
    assert tables["LinkTable"]["additionalProperties"] is False
    assert schema["$schema"].endswith("2020-12/schema")


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(write(tmp_path, SMALL))
    assert main(["check", path]) == 0
    assert main(["run", path]) == 0
    assert main(["schema"]) == 0
    out = capsys.readouterr().out
    assert "2 hosts, 1 links, seed 0" in out
    assert "1 received" in out
    assert main(["check", "nothing.toml"]) == 1
    assert "cannot read 'nothing.toml'" in capsys.readouterr().err
