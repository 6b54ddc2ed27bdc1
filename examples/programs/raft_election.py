"""Leader election as in Raft, by UDP, on five hosts; the network is cut and healed three times.

softnet run examples/programs/raft_election.py

A toy: terms, votes and heartbeats, no log. It is checked that no term has two leaders, that the
larger part of a cut network has a leader, and that in the end all agree.
"""

import json
import random
import socket
import time

import softnet

NAMES = ["n1", "n2", "n3", "n4", "n5"]
PORT = 7000
HEARTBEAT = 0.05  # s
PATIENCE = (0.3, 0.6)  # s without a leader before a node wants to be one

leaders: dict[int, set[str]] = {}  # by term, as the nodes say it themselves
view: dict[str, tuple[int, str | None]] = {}  # node -> its term and whom it follows


class Node:
    """One member."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.others = [n for n in NAMES if n != name]
        self.term = 0
        self.role = "follower"
        self.voted: str | None = None
        self.votes: set[str] = set()
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("", PORT))
        self.wait(random.uniform(*PATIENCE))

    def wait(self, seconds: float) -> None:
        """Something is to happen then, unless a message comes first."""
        self.deadline = time.monotonic() + seconds

    def send(self, to: str, kind: str, **more: object) -> None:
        """A message; it may be lost."""
        message = {"kind": kind, "term": self.term, "from": self.name, **more}
        try:
            self.sock.sendto(json.dumps(message).encode(), (to, PORT))
        except OSError:
            return  # nobody there at the moment

    def run(self) -> None:
        """For ever: messages and deadlines."""
        while True:
            self.sock.settimeout(max(self.deadline - time.monotonic(), 0.0001))
            try:
                message = json.loads(self.sock.recv(1000))
            except (TimeoutError, BlockingIOError):
                self.late()
            except OSError:
                continue  # a node was not reachable
            else:
                self.receive(message)

    def late(self) -> None:
        """No heartbeat came, or one is due."""
        if self.role == "leader":
            for other in self.others:
                self.send(other, "heartbeat")
            self.wait(HEARTBEAT)
            return
        self.term += 1
        self.role, self.voted, self.votes = "candidate", self.name, {self.name}
        view[self.name] = (self.term, None)
        for other in self.others:
            self.send(other, "vote?")
        self.wait(random.uniform(*PATIENCE))

    def receive(self, message: dict[str, object]) -> None:
        """Another node says something."""
        term, sender = int(str(message["term"])), str(message["from"])
        if term > self.term:
            self.term, self.role, self.voted = term, "follower", None
        if message["kind"] == "vote?":
            yes = term == self.term and self.voted in (None, sender)
            if yes:
                self.voted = sender
                self.wait(random.uniform(*PATIENCE))
            self.send(sender, "vote", yes=yes)
        elif term < self.term:
            return
        elif message["kind"] == "vote" and self.role == "candidate" and message["yes"]:
            self.votes.add(sender)
            if len(self.votes) > len(NAMES) // 2:
                self.role = "leader"
                leaders.setdefault(self.term, set()).add(self.name)
                view[self.name] = (self.term, self.name)
                self.late()
        elif message["kind"] == "heartbeat":
            self.role = "follower"
            view[self.name] = (self.term, sender)
            self.wait(random.uniform(*PATIENCE))


def agreed(names: list[str]) -> str | None:
    """Whom they all follow, if they do."""
    seen = {view.get(n) for n in names}
    return seen.pop()[1] if len(seen) == 1 and None not in seen else None


with softnet.Lab(seed=14, digest=True) as lab:
    nodes = lab.hosts(*NAMES)
    for i, a in enumerate(nodes):
        for b in nodes[i + 1 :]:
            lab.link(a, b, delay="5ms", jitter="5ms", loss="5%")
    for node in nodes:
        node.start(lambda name=node.name: Node(name).run(), name="raft")
    lab.run_for("3s")
    print(f"at {lab.now:4.1f} s all follow {agreed(NAMES)}")
    for few, many in ((["n1", "n2"], ["n3", "n4", "n5"]), (["n5", "n3"], ["n1", "n2", "n4"])):
        lab.partition(few, many)
        lab.run_for("5s")
        print(f"at {lab.now:4.1f} s {few} are cut off; {many} follow {agreed(many)}")
        assert agreed(many) in many
        lab.heal()
        lab.run_for("5s")
        print(f"at {lab.now:4.1f} s all follow {agreed(NAMES)}")
        assert agreed(NAMES) in NAMES
    assert all(len(who) == 1 for who in leaders.values()), leaders
    print(f"{len(leaders)} elections, never two leaders in one term")
    print(f"{lab.now:.6f} s of virtual time, digest {lab.digest[:16]}")
