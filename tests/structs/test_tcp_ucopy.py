"""What a waiting reader leaves at its socket."""

from __future__ import annotations

from softnet.kernel.sched import outsider
from softnet.structs.socket import MsgHdr
from softnet.structs.tcp_ucopy import TcpUcopy, new_tcp_ucopy
from tests.kit.tcp_peer import Dut


def test_both_ways_to_make_one() -> None:
    task = outsider(Dut().host.machine, "reader")
    msg = MsgHdr(bytearray(10), 10)
    for ucopy in (TcpUcopy(task, msg), new_tcp_ucopy(task, msg)):
        assert ucopy.task is task
        assert ucopy.msg is msg
        assert [ucopy.len, ucopy.memory, ucopy.prequeue.qlen] == [0, 0, 0]
