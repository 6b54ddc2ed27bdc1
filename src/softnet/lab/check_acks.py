"""No ACK war: two ends that answer each other's ACKs, though neither has anything to say.

AckWatch sees every frame of a world's cables and counts, for each connection, the pure ACKs that came in
turns and said what they had said before. Probes and keepalives look alike, but keep their time.
"""

from __future__ import annotations

import softnet.uapi.if_ether as if_ether
import softnet.uapi.in_ as in_
import softnet.uapi.tcp as tcp
from softnet.wire.ip import ip_view
from softnet.wire.tcp import tcp_view

ETH_HLEN = 14
IP_FRAGMENT = 0x3FFF  # MF and the offset
HEADERS = ETH_HLEN + 20 + 20
WAR = 200  # ACKs in turns without news
PEACE_NS = 1_000_000_000  # between two of them, on average
TALKS_MAX = 4096  # connections that are remembered


NEWS = (-1, 0, 0)  # in the place of seq, ack and window: no pure ACK


class Talk:
    """A connection, or the ports of several that came one after another."""

    __slots__ = ("said", "heard", "last", "turns", "since")

    said: tuple[int, int, int]  # seq, ack, window: what the end with the lower address said last
    heard: tuple[int, int, int]  # ... and the other one
    last: int  # who spoke last: 0 the lower, 1 the other
    turns: int
    since: int  # ns

    def __init__(self) -> None:
        self.said = NEWS
        self.heard = NEWS
        self.last = 0
        self.turns = 0
        self.since = 0

    def speak(self, who: int, words: tuple[int, int, int], when: int) -> None:
        """A segment, perhaps not on its first cable."""
        if words is NEWS or words != (self.heard if who else self.said):
            self.turns = 0
            self.since = when
        elif who != self.last:
            self.turns += 1
        if who:
            self.heard = words
        else:
            self.said = words
        self.last = who

    def is_war(self, when: int) -> bool:
        """Has it gone on too long, too fast?"""
        return self.turns >= WAR and when - self.since < self.turns * PEACE_NS


class AckWatch:
    """All of them."""

    __slots__ = ("talks",)

    talks: dict[tuple[int, int, int, int], Talk]

    def __init__(self) -> None:
        self.talks = {}

    def error(self, buf: bytearray, when: int) -> str:
        """What a frame without damage, sent at `when` (ns), makes of its talk; "" if it is no war."""
        if len(buf) < HEADERS or buf[12] << 8 | buf[13] != if_ether.ETH_P_IP:
            return ""
        iph = ip_view(buf, ETH_HLEN)
        if iph.protocol() != in_.IPPROTO_TCP or iph.frag_off() & IP_FRAGMENT:
            return ""
        tcph = tcp_view(buf, ETH_HLEN + iph.hdrlen())
        saddr, daddr, source, dest = iph.saddr(), iph.daddr(), tcph.source(), tcph.dest()
        who = 1 if saddr > daddr or (saddr == daddr and source > dest) else 0
        key = (daddr, saddr, dest, source) if who else (saddr, daddr, source, dest)
        pure = (
            tcph.flags() & ~tcp.TCPHDR_ECE == tcp.TCPHDR_ACK
            and iph.tot_len() == iph.hdrlen() + tcph.hdrlen()
        )
        talk = self.talks.get(key)
        if talk is None:
            if len(self.talks) >= TALKS_MAX:
                self.talks.clear()
            talk = self.talks[key] = Talk()
        words = NEWS
        if pure:
            words = (tcph.seq(), tcph.ack_seq(), tcph.window())
        talk.speak(who, words, when)
        if not talk.is_war(when):
            return ""
        return f"an ACK war: {talk.turns} ACKs in turns without news in {when - talk.since} ns"
