"""softnet demo-tap: the machine's own ping, curl, traceroute and iperf3 talk to softnet hosts.

Five acts, in real time. Behind a TAP in a namespace of its own: ping -f, curl against Python's
http.server on softnet, softnet's urllib against the machine's http.server. Between two namespaces,
a softnet router: traceroute and iperf3. All that it makes is removed, also when something fails.
Without root it starts itself again in a user namespace.
"""

from __future__ import annotations

import functools
import hashlib
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import softnet

PROGRAMS = {
    "ip": "iproute2",
    "ping": "iputils-ping",
    "curl": "curl",
    "traceroute": "traceroute",
    "iperf3": "iperf3",
}
TUN = "/dev/net/tun"
INSIDE = "SOFTNET_IN_USER_NAMESPACE"  # set in the environment of a program started again
MEGABYTES = 50
PING_SECONDS = 5
IPERF_SECONDS = 10
SLICE = "50ms"  # of real time, between two looks at a program outside
PATIENCE = 120  # s that a program outside has
CHUNK = 65536
FILE = "random.bin"
OUTSIDE, SOFTNET = "10.201.0.1", "10.201.0.2"
LEFT, ROUTER_LEFT = "10.202.1.2", "10.202.1.1"
RIGHT, ROUTER_RIGHT = "10.202.2.2", "10.202.2.1"


class DemoFailed(Exception):
    """An act did not go as it must."""


class Fetched:
    """What softnet's urllib got."""

    def __init__(self) -> None:
        self.length = 0
        self.hash = hashlib.sha256()


def main() -> int:
    """The demonstration; its exit code."""
    missing = [
        f"demo-tap needs {name}: apt install {package}"
        for name, package in PROGRAMS.items()
        if shutil.which(name) is None
    ]
    if not Path(TUN).exists():
        missing.append(f"demo-tap needs {TUN}: modprobe tun")
    elif not os.access(TUN, os.R_OK | os.W_OK):
        missing.append(f"demo-tap may not open {TUN}: as root, chmod 666 {TUN}, or be root")
    if missing:
        print("\n".join(missing), file=sys.stderr)
        return 1
    if not may_configure():
        return again_in_user_namespace()
    try:
        with tempfile.TemporaryDirectory(prefix="softnet-demo-") as directory:
            digest = make_file(Path(directory, FILE))
            one_host(directory, digest)
            router()
    except DemoFailed as e:
        print(f"FAILED: {e}", file=sys.stderr)
        return 1
    print("everything that was made is removed again")
    return 0


def may_configure() -> bool:
    """Are we root over a network, with a place for named namespaces?"""
    if os.geteuid() != 0 or not os.access("/run", os.W_OK):
        return False
    probe = subprocess.run(
        ["ip", "link", "add", "snprobe", "type", "dummy"], capture_output=True, check=False
    )
    if probe.returncode == 0:
        subprocess.run(["ip", "link", "del", "snprobe"], capture_output=True, check=False)
    return probe.returncode == 0 or b"not permitted" not in probe.stderr


def again_in_user_namespace() -> int:
    """Start again as root of a user namespace; /run is a fresh tmpfs there, for ip netns."""
    if INSIDE in os.environ:
        print("demo-tap: this user namespace may not configure networks: be root", file=sys.stderr)
        return 1
    if shutil.which("unshare") is None:
        print("demo-tap needs root, or unshare: apt install util-linux", file=sys.stderr)
        return 1
    print("not root: starting again in a user namespace (unshare -Urnm)")
    sys.stdout.flush()
    unshare = ["unshare", "--user", "--map-root-user", "--net", "--mount"]
    again = ["sh", "-c", 'mount -t tmpfs tmpfs /run && exec "$@"', "sh"]
    done = subprocess.run(
        [*unshare, *again, sys.executable, "-m", "softnet", "demo-tap"],
        env={**os.environ, INSIDE: "1"},
        check=False,
    )
    return done.returncode


def make_file(path: Path) -> str:
    """Random bytes; their SHA-256."""
    data = os.urandom(MEGABYTES * 1_000_000)
    path.write_bytes(data)
    return hashlib.sha256(data).hexdigest()


def one_host(directory: str, digest: str) -> None:
    """Acts 1 to 3: a softnet host and a namespace, a TAP between them."""
    with softnet.Lab(clock="real") as lab, lab.outside() as outside:
        h1 = lab.host("h1")
        tap = lab.tap(h1, f"{SOFTNET}/24")
        real = outside.namespace("client")
        real.take(tap.name, f"{OUTSIDE}/24")
        heading(f"h1 {SOFTNET} (softnet) -- {tap.device} = {tap.name} -- {OUTSIDE} (Linux)")

        out = finish(lab, real.start(["ping", "-q", "-f", "-w", str(PING_SECONDS), SOFTNET]))
        sent, received = numbers(r"(\d+) packets transmitted, (\d+) received", out)
        rtt = re.search(r"= [\d.]+/([\d.]+)/", out)
        answered = h1.counters()["Icmp.OutEchoReps"]
        report("ping -f", f"{answered:,} of {sent:,} answered", f"rtt {rtt[1] if rtt else '?'} ms")
        # When its time is over, ping does not wait for the reply that is on its way.
        lost = sent - received
        require(sent > 0 and answered == sent and lost <= 1, f"ping -f lost {lost} of {sent}")

        h1.start(serve, directory)
        began = time.perf_counter()
        path = Path(directory, "curl.bin")
        url = f"http://{SOFTNET}/{FILE}"
        finish(lab, real.start(["curl", "-sS", "--fail", "-o", str(path), url]))
        require(path.is_file() and sha256(path) == digest, "curl got other bytes than were served")
        speed("curl <- http.server on softnet", began)

        server = [sys.executable, "-m", "http.server", "--directory", directory, "8000"]
        real.start(["env", "-u", "PYTHONPATH", *server])
        wait_for_port(lab, real, "8000")
        began = time.perf_counter()
        fetched = Fetched()
        h1.call(fetch, f"http://{OUTSIDE}:8000/{FILE}", fetched)
        require(fetched.hash.hexdigest() == digest, "urllib got other bytes than were served")
        speed("urllib on softnet <- http.server", began)


def router() -> None:
    """Acts 4 and 5: a softnet router between two namespaces."""
    with softnet.Lab(clock="real") as lab, lab.outside() as outside:
        r1 = lab.router("r1")
        left_tap = lab.tap(r1, f"{ROUTER_LEFT}/24")
        right_tap = lab.tap(r1, f"{ROUTER_RIGHT}/24")
        left, right = outside.namespace("left"), outside.namespace("right")
        left.take(left_tap.name, f"{LEFT}/24")
        right.take(right_tap.name, f"{RIGHT}/24")
        left.route("default", "via", ROUTER_LEFT)
        right.route("default", "via", ROUTER_RIGHT)
        heading(f"{LEFT} (Linux) -- {ROUTER_LEFT} r1 (softnet) {ROUTER_RIGHT} -- {RIGHT} (Linux)")

        # So that the router has met both: it keeps three packets while it asks for an address, and
        # traceroute sends sixteen at once.
        finish(lab, left.start(["ping", "-q", "-c", "1", RIGHT]))
        out = finish(lab, left.start(["traceroute", "-n", "-w", "2", RIGHT]))
        hops = re.findall(r"^ *\d+ +([\d.]+)", out, re.M)
        report("traceroute", " -> ".join(hops), "")
        require(hops == [ROUTER_LEFT, RIGHT], f"traceroute saw {hops}:\n{out}")

        for words, name in (([], "iperf3 ->"), (["-R"], "iperf3 <-")):
            server = right.start(["iperf3", "-s", "-1"])
            wait_for_port(lab, right, "5201")
            client = ["iperf3", "-J", "-t", str(IPERF_SECONDS), "-c", RIGHT, *words]
            result = json.loads(finish(lab, left.start(client)))
            require("error" not in result, f"iperf3: {result.get('error')}")
            end = result["end"]["sum_received"]
            lost = result["end"]["sum_sent"].get("retransmits", 0)
            report(name, f"{end['bits_per_second'] / 1e9:.2f} Gbit/s", f"{lost} retransmits")
            require(end["bytes"] > 0, "iperf3 moved nothing")
            finish(lab, server)


def serve(directory: str) -> None:
    """Python's own server, as `python -m http.server 80` starts it."""
    handler = functools.partial(Quiet, directory=directory)
    http.server.ThreadingHTTPServer(("", 80), handler).serve_forever()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Python's own handler, without its log line."""

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


def fetch(url: str, fetched: Fetched) -> None:
    """Python's own client."""
    with urllib.request.urlopen(url) as response:
        while chunk := response.read(CHUNK):
            fetched.length += len(chunk)
            fetched.hash.update(chunk)


def finish(lab: softnet.Lab, process: subprocess.Popen[str]) -> str:
    """Let time pass until a program outside has ended; its output. DemoFailed if it failed."""
    words = " ".join(map(str, process.args)) if isinstance(process.args, list) else ""
    began = time.perf_counter()
    while process.poll() is None:
        if time.perf_counter() - began > PATIENCE:
            raise DemoFailed(f"{words} does not end")
        lab.run_for(SLICE)
    out = process.stdout.read() if process.stdout is not None else ""
    if process.returncode:
        raise DemoFailed(f"{words}: exit code {process.returncode}\n{out.strip()}")
    return out


def wait_for_port(lab: softnet.Lab, real: Any, port: str) -> None:
    """Let time pass until somebody listens on a TCP port of a namespace."""
    wanted = f":{int(port):04X} "
    for _ in range(200):
        lab.run_for(SLICE)
        table = finish(lab, real.start(["cat", "/proc/net/tcp", "/proc/net/tcp6"]))
        if any(wanted in line and " 0A " in line for line in table.splitlines()):
            return
    raise DemoFailed(f"nobody listens on port {port}")


def require(condition: object, otherwise: str) -> None:
    """DemoFailed unless it holds."""
    if not condition:
        raise DemoFailed(otherwise)


def numbers(pattern: str, text: str) -> tuple[int, ...]:
    """The numbers that a pattern finds; DemoFailed if it finds nothing."""
    found = re.search(pattern, text)
    if found is None:
        raise DemoFailed(f"unexpected output:\n{text}")
    return tuple(int(group) for group in found.groups())


def sha256(path: Path) -> str:
    """Of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def heading(text: str) -> None:
    """What the next acts are between."""
    print(f"\n{text}")
    sys.stdout.flush()


def report(what: str, result: str, more: str) -> None:
    """One act."""
    print(f"  {what:<34} {result:<28} {more}".rstrip())
    sys.stdout.flush()


def speed(what: str, began: float) -> None:
    """An act that moved the file."""
    seconds = time.perf_counter() - began
    rate = MEGABYTES * 8 / 1000 / seconds
    report(what, f"{MEGABYTES} MB, sha256 right", f"{seconds:.2f} s, {rate:.2f} Gbit/s")
