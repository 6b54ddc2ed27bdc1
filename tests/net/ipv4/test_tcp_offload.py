"""Super-packets: cutting and joining."""

from __future__ import annotations

import pytest

from tests.kit.tcp_pair import TcpPair


@pytest.mark.parametrize("size", [1, 1448, 1449, 65_536, 300_000])
def test_offloaded_transfer(size: int) -> None:
    with TcpPair(offload=True, delay=1_000_000) as pair:
        pair.transfer(size)


def test_super_packets_do_cross() -> None:
    """The receiver sees fewer packets than a sender without offloads makes."""
    seen = []
    for offload in (True, False):
        with TcpPair(offload=offload, delay=1_000_000) as pair:
            pair.transfer(500_000)
            seen.append(pair.b.tcp("INSEGS"))
    assert seen[0] * 3 < seen[1]


@pytest.mark.parametrize("seed", range(4))
def test_with_losses(seed: int) -> None:
    with TcpPair(seed=seed, offload=True, delay=2_000_000, loss=0.15) as pair:
        pair.transfer(400_000)
        assert pair.a.tcp("RETRANSSEGS") > 0
