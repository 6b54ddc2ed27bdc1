"""One connection, as the script numbers it and as it really is.

In a script the peer's first sequence number and the host's are whatever its SYNs say, mostly 0, and
all others count from there, as tcpdump prints them. The host's true one is known once its first
segment was seen. Timestamps are translated by the pairs that were seen.
"""

from __future__ import annotations

from softnet.uapi.in_ import IPPROTO_TCP
from softnet.wire.tcp_options import Sack, TcpOption, Timestamps

U32 = 0xFFFFFFFF
NEW, LISTENING, CONNECTING, SYN_SENT, SYN_RECEIVED, SYNACK_SENT, OPEN = range(7)


class Flow:
    """A socket's packets: both ends, and what turns script numbers into live ones."""

    def __init__(self, protocol: int = IPPROTO_TCP, fd: int = -1) -> None:
        self.protocol = protocol
        self.state = NEW
        self.fd = fd  # as the script numbers it; -1: not accepted yet
        self.local = (0, 0)  # address, port
        self.remote = (0, 0)
        self.remote_isn = 0
        self.local_isn = 0
        self.script_isn = 0
        self.syn_seen = False  # is local_isn the host's true one?
        self.ts_vals: dict[int, int] = {}  # script -> live
        self.first_ts: tuple[int, int] | None = None  # script, live
        self.zeros = True  # has the program written nothing but zeros?

    def remote_offset(self, syn: bool) -> int:
        """What to add to the peer's sequence numbers of the script."""
        return 0 if syn else self.remote_isn

    def local_offset(self, syn: bool) -> int:
        """What to add to the host's sequence numbers of the script."""
        return (self.local_isn - (self.script_isn if syn else 0)) & U32

    def is_outbound(self, proto: int, src: tuple[int, int], dst: tuple[int, int]) -> bool:
        """Is a packet the host sent one of this flow?"""
        return proto == self.protocol and src == self.local and dst == self.remote

    def learn_ts(self, script: int, live: int) -> None:
        """A timestamp of the host was seen where the script has another number."""
        self.ts_vals[script] = live
        if self.first_ts is None:
            self.first_ts = (script, live)

    def live_ecr(self, script: int) -> int:
        """The host's timestamp that the script means: one it has seen, or one so long after."""
        if script in self.ts_vals:
            return self.ts_vals[script]
        if self.first_ts is None:
            return script
        return (script - self.first_ts[0] + self.first_ts[1]) & U32

    def script_val(self, live: int) -> int:
        """A timestamp of the host as the script would number it."""
        if self.first_ts is None:
            return live
        return (live - self.first_ts[1] + self.first_ts[0]) & U32

    def inbound_options(self, options: list[TcpOption], syn: bool, ack: bool) -> list[TcpOption]:
        """Options of the script as the host must see them."""
        offset = self.local_offset(syn)
        live: list[TcpOption] = []
        for option in options:
            if isinstance(option, Sack):
                live.append(shift(option, offset))
            elif isinstance(option, Timestamps) and ack:
                live.append(Timestamps(option.tsval, self.live_ecr(option.tsecr)))
            else:
                live.append(option)
        return live

    def outbound_options(self, options: list[TcpOption], syn: bool) -> list[TcpOption]:
        """Options that the host sent as the script would write them."""
        offset = -self.remote_offset(syn) & U32
        return [shift(o, offset) if isinstance(o, Sack) else o for o in options]


def shift(sack: Sack, offset: int) -> Sack:
    """SACK blocks elsewhere."""
    return Sack(tuple(((a + offset) & U32, (b + offset) & U32) for a, b in sack.blocks))
