"""softnet demo: an unmodified http.server and an unmodified urllib, a router and a lossy link between.

What it shows: the topology, the page, virtual and real time, losses and retransmissions, both ends of
the connection as ss(8) shows them, the story of the first packet. It leaves a capture.
"""

from __future__ import annotations

import functools
import hashlib
import http.server
import os
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

import softnet

PAGE = "page.html"
LINES = 4000  # of the page: about 200 kB
PAGE_TIME = 1_325_720_000  # s: the page's date, so that each run sends the same bytes
CHUNK = 16384  # bytes
HEADING = "\033[1m{}\033[0m"


class Page:
    """What the client got so far."""

    def __init__(self) -> None:
        self.length = 0
        self.hash = hashlib.sha256()
        self.status = 0


def serve(directory: str) -> None:
    """The server: Python's own, as `python -m http.server 80` starts it."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=directory)
    http.server.ThreadingHTTPServer(("", 80), handler).serve_forever()


def fetch(url: str, page: Page) -> None:
    """The client: Python's own."""
    with urllib.request.urlopen(url) as response:
        page.status = response.status
        while chunk := response.read(CHUNK):
            page.length += len(chunk)
            page.hash.update(chunk)


def write_page(directory: str) -> None:
    """The page: the same bytes and the same date in every run."""
    lines = (f"<p>{n:6d}  The quick brown fox jumps over the lazy dog.</p>" for n in range(LINES))
    path = Path(directory, PAGE)
    path.write_text("\n".join(lines))
    os.utime(path, (PAGE_TIME, PAGE_TIME))


def run(
    seed: int = 7,
    pcap: str = "demo.pcapng",
    everywhere: bool = False,
    say: Callable[[str], object] = print,
) -> int:
    """The demo; 0 if the page arrived whole. everywhere: capture every interface."""
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as directory, softnet.Lab(seed) as lab:
        write_page(directory)
        h1, h2 = lab.hosts("h1", "h2")
        r1 = lab.router("r1")
        lab.link(h1, r1, rate="10mbit", delay="20ms", loss="1%")
        lab.link(r1, h2, rate="100mbit", delay="2ms")
        # One point of view: what a file of all interfaces would have thrice, Wireshark takes for
        # retransmissions. Here the lossy link begins, so what it lost is there, with a comment.
        where = "every interface" if everywhere else "r1:eth0"
        capture = lab.capture(pcap, on=() if everywhere else where)
        heading(say, "Three computers, each with Linux 3.2's network stack")
        say(lab.topology())

        heading(say, f"An unmodified http.server on h2, an unmodified urllib on h1 (seed {seed})")
        h2.start(serve, directory)
        page = Page()
        trace = lab.trace()
        client = h1.start(fetch, f"http://h2/{PAGE}", page)
        lab.run_until(lambda: page.length > 0 or client.finished())
        trace.stop()
        lab.run_until(lambda: page.length > CHUNK * 6 or client.finished())
        sockets = [(node.name, node.ss("-tino")) for node in (h1, h2)]
        client.wait()
        took = time.perf_counter() - started
        sent = hashlib.sha256(Path(directory, PAGE).read_bytes()).hexdigest()
        same = page.hash.hexdigest() == sent
        done = lab.now
        say(f"  HTTP {page.status}, {page.length} bytes, sha256 {sent[:16]}…: {verdict(same)}")
        say(f"  virtual time {done:.6f} s    real time {took:.3f} s")

        heading(say, "What it took")
        for node in (h1, h2):
            counters = node.counters()
            say(
                f"  {node.name}  {counters['Tcp.OutSegs']:>4} segments sent,"
                f" {counters['Tcp.RetransSegs']:>2} retransmitted"
                f"  (fast {counters['TcpExt.TCPFastRetrans']},"
                f" timeouts {counters['TcpExt.TCPTimeouts']})"
            )
        say(indented(lab.drops() or "nothing was lost"))

        heading(say, "Both ends in the middle of it")
        for name, text in sockets:
            say(f"  {name}$ ss -tino")
            say(indented(text.replace("\t", "    "), 4))

        heading(say, "The first packet")
        say(indented(trace.story()))
    heading(say, "The capture")
    say(f"  {pcap}: {capture.packets} frames as seen on {where}; open it with wireshark or tshark")
    return 0 if same else 1


def heading(say: Callable[[str], object], text: str) -> None:
    """A line that stands out, on a terminal in bold."""
    say("")
    say(HEADING.format(text) if sys.stdout.isatty() and not os.environ.get("NO_COLOR") else text)


def verdict(same: bool) -> str:
    """Is it the page that was sent?"""
    return "what the server has" if same else "NOT what the server has"


def indented(text: str, by: int = 2) -> str:
    """Each line moved to the right."""
    return "\n".join(" " * by + line for line in text.rstrip().splitlines())
