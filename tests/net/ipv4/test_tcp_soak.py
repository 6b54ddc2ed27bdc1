"""Two hosts over a bad cable: every byte arrives, the invariants hold after every event."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.kit.tcp_pair import TcpPair

SIZE = 60_000


def cable(seed: int) -> dict[str, Any]:
    rng = random.Random(seed)
    offload = rng.random() < 0.4
    return {
        "mtu": rng.choice([296, 576, 1500, 9000]),
        "offload": offload,
        "delay": rng.choice([100_000, 1_000_000, 20_000_000, 100_000_000]),
        "loss": rng.choice([0, 0.001, 0.01, 0.05, 0.1]),
        "duplicate": rng.choice([0, 0, 0.02]),
        "reorder": rng.choice([0, 0, 0.02, 0.1]),
        "reorder_delay": rng.choice([1_000_000, 5_000_000]),
        # A card that checks sums itself does not see what happened to a frame here.
        "corrupt": 0 if offload else rng.choice([0, 0, 0.01]),
        "rate": rng.choice([0, 1_000_000, 10_000_000, 100_000_000]),
    }


@pytest.mark.parametrize("seed", range(24))
def test_everything_arrives(seed: int) -> None:
    rng = random.Random(seed + 1000)
    with TcpPair(seed=seed, **cable(seed)) as pair:
        for name in ("sack", "timestamps", "frto"):
            if rng.random() < 0.2:
                for host in pair.hosts:
                    host.sysctl(name, 0)
        if rng.random() < 0.2:
            for host in pair.hosts:
                host.sysctl("ecn", 1)
        if rng.random() < 0.3:
            pair.a.sysctl("congestion_control", "reno")
        pair.transfer(SIZE, seconds=36_000)
        pair.run(200)
        for host in pair.hosts:
            accounts = host.net.ipv4.tcp.accounts
            assert accounts.allocated == 0
            assert accounts.orphan_count == 0
            assert host.net.ipv4.tcp_hashinfo.ehash_count == 0
