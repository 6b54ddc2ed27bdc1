"""Stamps of packets are dates, as the program's clock shows them."""

from __future__ import annotations

import socket
import struct
import time
from typing import Any

from softnet.usr.stamps import SCM_TIMESTAMPNS, dated

SO_TIMESTAMPNS = 35


def test_a_stamp_is_the_date_of_arrival(net: Any) -> None:
    def program() -> tuple[float, float]:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            s.bind(("127.0.0.1", 0))
            time.sleep(2)
            s.sendto(b"x", s.getsockname())
            before = time.time()
            time.sleep(3)
            row = s.recvmsg(10, 100)[1][0]
            seconds, ns = struct.unpack("=qq", row[2])
            return before, seconds + ns / 1e9

    before, stamp = net.run(program)
    assert abs(stamp - before) < 0.01


def test_no_stamp_stays_none() -> None:
    three = struct.pack("=6q", 2, 5, 0, 0, 0, 0)
    row = (socket.SOL_SOCKET, 37, three)
    assert dated([row], 10**9)[0][2] == struct.pack("=6q", 3, 5, 0, 0, 0, 0)
    other = (socket.SOL_SOCKET, socket.SCM_RIGHTS, three)
    assert dated([other], 10**9) == [other]
    assert SCM_TIMESTAMPNS == SO_TIMESTAMPNS
