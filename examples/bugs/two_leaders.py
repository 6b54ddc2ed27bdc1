"""A bug to be found: a leader election that ends with two leaders, when a link fails one way only.

python examples/bugs/two_leaders.py

Three hosts elect a leader. It leads as long as it hears from a majority, and steps down before the
others elect another. The bug: it takes whatever it hears for a sign that it is heard.
"""

import socket
import time

import softnet

PORT = 7000
BEAT = 0.2  # s between two beats of the leader
LEASE = 1.0  # s without the others after which a leader steps down
PATIENCE = 2.0  # s without a leader after which a host stands for election
Term = list[float]  # when it began, and when it ended


class Member:
    """One of the hosts."""

    def __init__(self, number: int, peers: list[str], terms: list[Term]) -> None:
        self.number = number
        self.peers = peers
        self.terms = terms  # of every leader, as an observer would write them down
        self.term: Term | None = None
        self.heard: dict[str, float] = {}
        self.beat = time.monotonic()  # when a leader was last heard
        self.votes: set[str] = set()
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("", PORT))
        self.sock.settimeout(BEAT)

    def run(self, until: float) -> None:
        """Take part."""
        with self.sock:
            while time.monotonic() < until:
                self.listen()
                self.think()
            self.step_down()

    def listen(self) -> None:
        """Take what comes within a beat."""
        end = time.monotonic() + BEAT
        while time.monotonic() < end:
            try:
                data, (sender, _) = self.sock.recvfrom(100)
            except TimeoutError:
                return
            self.heard[sender] = time.monotonic()
            self.on_message(data.decode(), sender)

    def on_message(self, word: str, sender: str) -> None:
        """A leader is followed; a vote is given to whoever asks while none is heard."""
        now = time.monotonic()
        if word == "beat":
            self.beat = now
        elif word == "vote for me" and self.term is None and now - self.beat > LEASE:
            self.beat = now  # do not stand against whom one voted for
            self.send("my vote", sender)
        elif word == "my vote":
            self.votes.add(sender)
            if self.term is None:
                self.term = [now, float("inf")]
                self.terms.append(self.term)

    def think(self) -> None:
        """Lead, step down, or stand for election; and say that one is there."""
        now = time.monotonic()
        self.send("here", *self.peers)
        if self.term is not None:
            if not any(now - when < LEASE for when in self.heard.values()):  # the bug
                self.step_down()
            self.send("beat", *self.peers)
        elif now - self.beat > PATIENCE + self.number * 2 * BEAT:
            self.beat = now
            self.send("vote for me", *self.peers)

    def step_down(self) -> None:
        """Lead no more."""
        if self.term is not None:
            self.term[1] = time.monotonic()
        self.term = None

    def send(self, word: str, *to: str) -> None:
        """Send a word to some."""
        for name in to:
            try:
                self.sock.sendto(word.encode(), (name, PORT))
            except OSError:
                continue


def member(number: int, names: list[str], terms: list[Term]) -> None:
    """A host's program."""
    peers = [name for i, name in enumerate(names) if i != number]
    Member(number, peers, terms).run(until=14)


def test(lab: softnet.Lab) -> None:
    """There is a leader, and never two."""
    terms: list[Term] = []
    hosts = lab.star(3, delay="5ms")
    names = [h.name for h in hosts]
    members = [h.start(member, i, names, terms) for i, h in enumerate(hosts)]
    for proc in members:
        proc.wait()
    assert terms, "nobody was elected"
    for i, one in enumerate(terms):
        for other in terms[i + 1 :]:
            assert one[1] <= other[0] or other[1] <= one[0], "two leaders at a time"


if __name__ == "__main__":
    softnet.explore(test, crash=())
