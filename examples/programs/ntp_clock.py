"""A client as of SNTP (RFC 4330): four timestamps, the best of eight samples, a clock that is wrong.

softnet run examples/programs/ntp_clock.py
"""

import socket
import struct
import time

import softnet

NTP = struct.Struct(">BBbb11I")  # the 48 bytes of a packet
FROM_1900 = 2_208_988_800  # s from NTP's epoch to Unix's
WRONG = 12.345  # s by which the client's clock is fast


def stamp(seconds: float) -> tuple[int, int]:
    """A timestamp: seconds and fraction."""
    whole = int(seconds)
    return whole + FROM_1900, int((seconds - whole) * (1 << 32))


def seconds(whole: int, fraction: int) -> float:
    """The other way."""
    return whole - FROM_1900 + fraction / (1 << 32)


def server() -> None:
    """Answers requests of version 4, mode 3; keeps silent otherwise."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("", 123))
        while True:
            data, client = s.recvfrom(100)
            received = stamp(time.time())
            if len(data) != NTP.size or data[0] & 7 != 3:
                continue
            sent = NTP.unpack(data)[-2:]
            head = (4 << 3 | 4, 1, data[2], -20, 0, 0, int.from_bytes(b"LOCL"))
            s.sendto(NTP.pack(*head, *received, *sent, *received, *stamp(time.time())), client)


def client() -> tuple[int, float, float]:
    """How many answers came, the least round trip, and how wrong the clock is by that one."""
    samples = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(1)
        s.connect(("clock", 123))
        for _ in range(8):
            mine = time.time() + WRONG
            s.send(NTP.pack(4 << 3 | 3, 0, 6, -20, *[0] * 9, *stamp(mine)))
            try:
                fields = NTP.unpack(s.recv(100))
            except TimeoutError:
                continue
            back = time.time() + WRONG
            there, answered = seconds(*fields[-4:-2]), seconds(*fields[-2:])
            samples.append(
                ((back - mine) - (answered - there), (there - mine + answered - back) / 2)
            )
            time.sleep(2)
    delay, offset = min(samples)
    return len(samples), delay, offset


with softnet.Lab(seed=33, digest=True) as lab:
    clock, cli = lab.hosts("clock", "cli")
    lab.link(clock, cli, delay="30ms", jitter="20ms", loss="10%")
    clock.start(server)
    answers, delay, offset = cli.call(client)
    print(f"{answers} answers, the best took {delay * 1000:.0f} ms, off by {offset:.2f} s")
    assert abs(offset + WRONG) < delay / 2
    print(f"{lab.now:.6f} s of virtual time, digest {lab.digest[:16]}")
