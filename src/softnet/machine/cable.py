"""A cable between two ports: it takes time, loses, repeats, reorders and damages frames.

    cable = Cable(world, "h1-h2", host_a=1, host_b=2, rate=10_000_000, delay=20_000_000, loss=0.01)
    cable.a.on_receive = port_of_h1         # a CablePort: its deliver() gets what b sent
    cable.a.transmit(frame, packet_id)

Each direction has its own settings, counters and luck. A frame goes through, in this order: the
rules of rule(); carrier; the queue before the transmitter and its rate; then on the way loss,
duplication, corruption, delay with jitter, and reordering. One event carries a frame to the other
end.

Luck comes from one random stream per cable, direction and impairment. Every impairment that is on
draws once for every frame offered, also for one that another impairment has already lost, so
turning one on or off leaves what the others do to which frame as it was.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Any

from softnet.machine.entropy import RandomStream
from softnet.machine.event import Clock, Digest, Event, EventQueue

# What Ethernet adds to a frame on the wire: preamble 8, FCS 4, gap 12 bytes. Off by default:
# rates then count the bytes that tcpdump shows.
ETHERNET_OVERHEAD = 24
QUEUE_MAX = 1000  # frames waiting for the transmitter of one direction
SPARES_MAX = 64  # events that a direction keeps for frames to come
REORDER_DELAY = 1_000_000  # ns: how long a reordered frame is held back
NS_PER_S = 1_000_000_000

# Verdicts that a tap sees and counters are kept for.
SENT = "sent"
DELIVERED = "delivered"
LOSS = "loss"
QUEUE_FULL = "queue"
DOWN = "down"
RULE = "rule"
DUPLICATE = "duplicate"
CORRUPT = "corrupt"
REORDER = "reorder"


class CablePort:
    """What is plugged into a cable's end: subclass, override."""

    __slots__ = ()

    def deliver(self, frame: bytes | bytearray, meta: object) -> None:
        """A frame arrives. Event context of the receiving host; frame must not be changed."""

    def carrier(self, up: bool) -> None:
        """The cable came up or went down."""


class CableTap:
    """An observer of a cable, for captures and stories: subclass, override."""

    __slots__ = ()

    def on_frame(
        self, when: int, direction: Direction, frame: bytes | bytearray, meta: object, verdict: str
    ) -> None:
        """A frame was sent, delivered or dropped; verdict says which (SENT, LOSS, ...)."""


# What a rule does to a frame that it strikes.
DROP_IT, DOUBLE_IT, DAMAGE_IT, DELAY_IT, SWAP_IT = 1, 2, 4, 8, 16
ACTIONS = {
    "drop": DROP_IT,
    "duplicate": DOUBLE_IT,
    "corrupt": DAMAGE_IT,
    "delay": DELAY_IT,
    "swap": SWAP_IT,  # with the frame that follows it
}


class FrameRule:
    """Does something to the frames that match: the nth that does (from 1), or every one if nth is 0."""

    __slots__ = ("match", "nth", "action", "delay", "seen", "hits")

    match: Callable[[bytes | bytearray], object] | None
    nth: int
    action: int
    delay: int  # ns, of DELAY_IT
    seen: int
    hits: int

    def __init__(
        self,
        match: Callable[[bytes | bytearray], object] | None,
        nth: int,
        action: str = "drop",
        delay: int = 0,
    ) -> None:
        self.match = match
        self.nth = nth
        self.action = ACTIONS[action]
        self.delay = delay
        self.seen = 0
        self.hits = 0

    def strikes(self, frame: bytes | bytearray) -> bool:
        """Is this its frame?"""
        if self.match is not None and not self.match(frame):
            return False
        self.seen += 1
        if self.nth not in (0, self.seen):
            return False
        self.hits += 1
        return True


class Flight(Event):
    """A frame on its way to the other end."""

    __slots__ = ("direction", "frame", "meta", "epoch", "spare")

    direction: Direction
    frame: Any  # bytes or bytearray; None on the free list
    meta: object
    epoch: int
    spare: Flight | None  # the next one on the free list of its direction

    def __init__(self, direction: Direction) -> None:
        Event.__init__(self)
        self.direction = direction
        self.frame = None
        self.meta = None
        self.epoch = 0
        self.spare = None

    def fire(self) -> None:
        """Arrive."""
        self.direction.arrive(self)


class Port:
    """One end of a cable."""

    __slots__ = ("cable", "out", "host_id", "on_receive")

    cable: Cable
    out: Direction  # towards the other end
    host_id: int  # whose event an arriving frame is
    on_receive: CablePort | None

    def __init__(self, cable: Cable, host_id: int) -> None:
        self.cable = cable
        self.out = None  # type: ignore[assignment]  # Cable sets it
        self.host_id = host_id
        self.on_receive = None

    def transmit(self, frame: bytes | bytearray, meta: object = None) -> int:
        """Send a frame, which must not change any more; meta (a packet id) goes with it.

        Returns when the transmitter is free again (ns), or -1 if the frame was dropped before it
        got there (queue full, no carrier).
        """
        return self.out.transmit(frame, meta)

    def carrier_ok(self) -> bool:
        """Is the cable up?"""
        return self.cable.up

    def attach(self, on_receive: CablePort, host_id: int) -> None:
        """Plug something in; it hears of the carrier at once."""
        self.on_receive = on_receive
        self.host_id = host_id
        on_receive.carrier(self.cable.up)


class Direction:
    """One direction of a cable. Rates in bit/s (0: no limit), times in ns, chances 0.0 to 1.0."""

    __slots__ = (
        "name",
        "cable",
        "clock",
        "queue",
        "target",
        "rate",
        "overhead",
        "delay",
        "jitter",
        "loss",
        "duplicate",
        "reorder",
        "reorder_delay",
        "corrupt",
        "queue_max",
        "rules",
        "luck",
        "busy_until",
        "last_arrival",
        "starts",
        "epoch",
        "cut",
        "extra_delay",
        "held",
        "swapped",
        "in_flight",
        "tx_frames",
        "tx_bytes",
        "rx_frames",
        "rx_bytes",
        "drops",
        "spare",
        "spares",
    )

    name: str
    cable: Cable
    clock: Clock
    queue: EventQueue
    target: Port
    rate: int
    overhead: int  # bytes added to each frame on the wire
    delay: int
    jitter: int
    loss: float
    duplicate: float
    reorder: float
    reorder_delay: int
    corrupt: float
    queue_max: int
    rules: list[FrameRule]
    luck: dict[str, RandomStream]  # by impairment, made at its first draw
    busy_until: int
    last_arrival: int
    starts: deque[int] | None  # when each frame that waits will be transmitted; None: none ever did
    epoch: int  # counts carrier losses: frames of an older epoch are lost
    cut: bool  # this direction alone delivers nothing, and nobody sees the carrier go
    extra_delay: int  # ns: of the rule that struck last
    held: list[tuple[Any, object]] | None  # frames and their meta till release(); None: no hold()
    swapped: tuple[Any, object] | None  # a frame that lets the next one pass
    in_flight: int
    tx_frames: int
    tx_bytes: int
    rx_frames: int
    rx_bytes: int
    drops: dict[str, int]  # also duplicate, corrupt, reorder: by verdict
    spare: Flight | None
    spares: int

    def __init__(self, cable: Cable, name: str, target: Port) -> None:
        self.name = name
        self.cable = cable
        self.clock = cable.clock
        self.queue = cable.queue
        self.target = target
        self.rate = 0
        self.overhead = 0
        self.delay = 0
        self.jitter = 0
        self.loss = 0.0
        self.duplicate = 0.0
        self.reorder = 0.0
        self.reorder_delay = REORDER_DELAY
        self.corrupt = 0.0
        self.queue_max = QUEUE_MAX
        self.rules = []
        self.luck = {}
        self.busy_until = 0
        self.last_arrival = 0
        self.starts = None
        self.epoch = 0
        self.cut = False
        self.extra_delay = 0
        self.held = None
        self.swapped = None
        self.in_flight = 0
        self.tx_frames = 0
        self.tx_bytes = 0
        self.rx_frames = 0
        self.rx_bytes = 0
        self.drops = {}
        self.spare = None
        self.spares = 0

    def transmit(self, frame: bytes | bytearray, meta: object) -> int:
        """Port.transmit()."""
        now = self.clock.now
        lost = self.loss > 0 and self.stream(LOSS).chance(self.loss)
        twice = self.duplicate > 0 and self.stream(DUPLICATE).chance(self.duplicate)
        damaged = self.corrupt > 0 and self.stream(CORRUPT).chance(self.corrupt)
        late = self.reorder > 0 and self.stream(REORDER).chance(self.reorder)
        wobble = 0
        if self.jitter:
            wobble = self.stream("jitter").below(2 * self.jitter + 1) - self.jitter
        done_to = self.consult(frame) if self.rules else 0

        if self.cut or not self.cable.up:
            self.drop(now, frame, meta, DOWN)
            return -1
        done = self.serialize(now, len(frame))
        if done < 0:
            self.drop(now, frame, meta, QUEUE_FULL)
            return -1
        self.tx_frames += 1
        self.tx_bytes += len(frame)
        if done_to & DROP_IT:
            self.drop(now, frame, meta, RULE)
            return done
        if lost:
            self.drop(now, frame, meta, LOSS)
            return done
        if damaged or done_to & DAMAGE_IT:
            frame = self.damage(frame)
            damaged = True
            self.count(CORRUPT)
        arrival = max(now, done + self.delay + wobble)
        if late:
            self.count(REORDER)
            arrival += self.reorder_delay
        elif done_to & DELAY_IT:
            arrival += self.extra_delay
        else:
            # Jitter alone does not reorder: a frame cannot overtake another in a wire.
            if arrival < self.last_arrival:
                arrival = self.last_arrival
            self.last_arrival = arrival
        if self.cable.taps:
            self.tell(now, frame, meta, CORRUPT if damaged else SENT)
        if self.held is not None:
            self.held.append((frame, meta))
            return done
        if done_to & SWAP_IT and self.swapped is None:
            self.swapped = (frame, meta)
            self.count(REORDER)
            return done
        self.launch(frame, meta, arrival)
        if self.swapped is not None:
            self.launch(self.swapped[0], self.swapped[1], arrival)
            self.swapped = None
        if twice or done_to & DOUBLE_IT:
            self.count(DUPLICATE)
            if self.cable.taps:
                self.tell(now, frame, meta, DUPLICATE)
            self.launch(frame, meta, arrival)
        return done

    def serialize(self, now: int, length: int) -> int:
        """When the frame's last bit will have left; -1 if the queue to the transmitter is full."""
        if self.rate == 0:
            return now
        starts = self.starts
        while starts and starts[0] <= now:
            starts.popleft()
        start = max(now, self.busy_until)
        if start > now:
            if starts is None:
                starts = self.starts = deque()
            if len(starts) >= self.queue_max:
                return -1
            starts.append(start)
        bits = (length + self.overhead) * 8
        # Rounded up: two frames never overlap on the wire by a part of a nanosecond.
        self.busy_until = start + (bits * NS_PER_S + self.rate - 1) // self.rate
        return self.busy_until

    def launch(self, frame: bytes | bytearray, meta: object, arrival: int) -> None:
        """Put a frame on its way."""
        self.in_flight += 1
        flight = self.spare
        if flight is None:
            flight = Flight(self)
        else:
            self.spare = flight.spare
            flight.spare = None
            self.spares -= 1
        flight.frame = frame
        flight.meta = meta
        flight.epoch = self.epoch
        self.queue.push(flight, arrival, self.target.host_id)

    def arrive(self, flight: Flight) -> None:
        """The frame is at the other end, unless the carrier was lost meanwhile."""
        self.in_flight -= 1
        frame = flight.frame
        meta = flight.meta
        now = self.clock.now
        lost = flight.epoch != self.epoch
        if self.spares < SPARES_MAX:
            flight.frame = None
            flight.meta = None
            flight.spare = self.spare
            self.spare = flight
            self.spares += 1
        if lost:
            self.drop(now, frame, meta, DOWN)
            return
        self.rx_frames += 1
        self.rx_bytes += len(frame)
        cable = self.cable
        if cable.digest is not None:
            cable.digest.add(self.name, now, bytes(frame))
        if cable.taps:
            self.tell(now, frame, meta, DELIVERED)
        if self.target.on_receive is not None:
            self.target.on_receive.deliver(frame, meta)

    def stream(self, impairment: str) -> RandomStream:
        """The luck of one impairment in this direction."""
        luck = self.luck.get(impairment)
        if luck is None:
            luck = RandomStream(self.cable.seed, f"cable:{self.name}:{impairment}")
            self.luck[impairment] = luck
        return luck

    def consult(self, frame: bytes | bytearray) -> int:
        """What the rules do to this frame, bits of ACTIONS. Every rule sees it, whatever others say."""
        done_to = 0
        for rule in self.rules:
            if rule.strikes(frame):
                done_to |= rule.action
                if rule.action == DELAY_IT:
                    self.extra_delay = rule.delay
        return done_to

    def damage(self, frame: bytes | bytearray) -> bytes:
        """A copy of frame with one bit flipped."""
        if len(frame) == 0:
            return bytes(frame)
        bit = self.stream("corrupt-bit").below(len(frame) * 8)
        copy = bytearray(frame)
        copy[bit >> 3] ^= 1 << (bit & 7)
        return bytes(copy)

    def drop(self, now: int, frame: bytes | bytearray, meta: object, verdict: str) -> None:
        """A frame ends here."""
        self.count(verdict)
        if self.cable.taps:
            self.tell(now, frame, meta, verdict)

    def count(self, verdict: str) -> None:
        """Count something that befell a frame."""
        self.drops[verdict] = self.drops.get(verdict, 0) + 1

    def tell(self, now: int, frame: bytes | bytearray, meta: object, verdict: str) -> None:
        """Tell the taps."""
        for tap in self.cable.taps:
            tap.on_frame(now, self, frame, meta, verdict)

    def set_cut(self, cut: bool) -> None:
        """Lose everything this way from now on, what is under way with it; or no more."""
        if cut and not self.cut:
            self.forget()
        self.cut = cut

    def forget(self) -> None:
        """What is in the cable is lost."""
        self.epoch += 1
        self.busy_until = 0
        self.starts = None
        self.swapped = None
        if self.held is not None:
            for frame, meta in self.held:
                self.drop(self.clock.now, frame, meta, DOWN)
            self.held = []

    def hold(self) -> None:
        """Keep every frame from now on."""
        if self.held is None:
            self.held = []

    def release(self) -> None:
        """Let what was held go, in order, and hold no more."""
        held = self.held or []
        self.held = None
        for frame, meta in held:
            self.launch(frame, meta, self.clock.now + self.delay)

    def queued(self) -> int:
        """Frames that wait for the transmitter now."""
        now = self.clock.now
        return sum(start > now for start in self.starts or ())

    def set(self, **settings: Any) -> None:
        """Change settings by name; the others stay. ValueError for one that makes no sense."""
        for name, value in settings.items():
            if name in ("loss", "duplicate", "reorder", "corrupt"):
                if not 0.0 <= value <= 1.0:
                    raise ValueError(f"{name} is a chance between 0 and 1, not {value!r}")
            elif name not in SETTINGS:
                raise ValueError(f"a cable has no setting {name!r}")
            elif value < 0:
                raise ValueError(f"{name} cannot be negative")
        for name, value in settings.items():
            setattr(self, name, value)
        if "rate" in settings and not settings["rate"]:
            self.busy_until = 0
            self.starts = None


SETTINGS = frozenset({"rate", "overhead", "delay", "jitter", "reorder_delay", "queue_max"})


class Void:
    """What a cable that leads nowhere needs of a world."""

    __slots__ = ("clock", "digest", "queue", "seed")

    def __init__(self, cable: Cable) -> None:
        self.seed = cable.seed
        self.clock = cable.clock
        self.queue = cable.queue
        self.digest = None


class Cable:
    """Two ports, a and b, and a Direction each way: ab and ba."""

    __slots__ = ("name", "seed", "clock", "queue", "digest", "up", "taps", "a", "b", "ab", "ba")

    name: str
    seed: int
    clock: Clock
    queue: EventQueue
    digest: Digest | None
    up: bool
    taps: list[CableTap]
    a: Port
    b: Port
    ab: Direction
    ba: Direction

    def __init__(
        self, world: Any, name: str, host_a: int = 0, host_b: int = 0, **settings: Any
    ) -> None:
        self.name = name
        self.seed = world.seed
        self.clock = world.clock
        self.queue = world.queue
        self.digest = world.digest
        self.up = True
        self.taps = []
        self.a = Port(self, host_a)
        self.b = Port(self, host_b)
        self.ab = Direction(self, name + ":ab", self.b)
        self.ba = Direction(self, name + ":ba", self.a)
        self.a.out = self.ab
        self.b.out = self.ba
        self.set(**settings)

    def set(self, **settings: Any) -> None:
        """Change settings of both directions.

        They are rate, overhead, delay, jitter, loss, duplicate, reorder, reorder_delay, corrupt and
        queue_max; see Direction.
        """
        self.ab.set(**settings)
        self.ba.set(**settings)

    def rule(
        self,
        nth: int = 0,
        match: Callable[[bytes | bytearray], object] | None = None,
        direction: Direction | None = None,
        action: str = "drop",
        delay: int = 0,
    ) -> FrameRule:
        """Do that to the nth frame that matches, or to all; both directions count together."""
        rule = FrameRule(match, nth, action, delay)
        self.add_rule(rule, direction)
        return rule

    def add_rule(self, rule: FrameRule, direction: Direction | None = None) -> None:
        """The same for a rule that may be of other cables, too: they count together."""
        for d in (self.ab, self.ba) if direction is None else (direction,):
            d.rules.append(rule)

    def remove_rule(self, rule: FrameRule) -> None:
        """End a rule."""
        for d in (self.ab, self.ba):
            if rule in d.rules:
                d.rules.remove(rule)

    def new_port(self, old: Port) -> Port:
        """Cut old, one of the two, off the cable for ever, and put a port with nothing in it there.

        What is plugged into old talks to the air from now on: its host lost power.
        """
        void = Cable(Void(self), self.name + ":void")
        void.up = False
        port = Port(self, old.host_id)
        port.out = old.out
        if old is self.a:
            self.a = port
            self.ba.target = port
        else:
            self.b = port
            self.ab.target = port
        old.cable = void
        old.out = void.ab
        old.on_receive = None
        return port

    def set_carrier(self, up: bool) -> None:
        """Bring the cable up or down; what is under way when it goes down is lost."""
        if up == self.up:
            return
        self.up = up
        for d in (self.ab, self.ba):
            if not up:
                d.forget()
        for port in (self.a, self.b):
            if port.on_receive is not None:
                port.on_receive.carrier(up)
