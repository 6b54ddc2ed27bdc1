"""e1000's counters."""

from __future__ import annotations

from tests.drivers.net.e1000.kit import Pair


def test_names_and_order_are_those_of_linux(pair: Pair) -> None:
    names = list(pair.ethtool(0))
    assert names[:6] == [
        "rx_packets",
        "tx_packets",
        "rx_bytes",
        "tx_bytes",
        "rx_broadcast",
        "tx_broadcast",
    ]
    assert names[-3:] == ["tx_smbus", "rx_smbus", "dropped_smbus"]
    assert len(names) == 46


def test_the_card_counts_octets_with_the_check_sequence(pair: Pair) -> None:
    pair.send(bytes(986))
    pair.send(dst=b"\xff" * 6)
    pair.run()
    sent, got = pair.ethtool(0), pair.ethtool(1)
    assert sent["tx_packets"] == got["rx_packets"] == 2
    assert sent["tx_bytes"] == got["rx_bytes"] == 1000 + 60 + 2 * 4
    assert sent["tx_broadcast"] == got["rx_broadcast"] == 1
    assert pair.stats(1).rx_bytes == 1060


def test_counters_survive_a_reset_and_are_not_counted_twice(pair: Pair) -> None:
    pair.send()
    pair.run()
    assert pair.ethtool(1)["rx_packets"] == 1
    with pair.rtnl(1) as dev:
        dev.reinit()
    pair.run()
    pair.send()
    pair.run()
    assert pair.ethtool(1)["rx_packets"] == 2
    assert pair.ethtool(1)["rx_packets"] == 2


def test_octets_count_beyond_32_bits(pair: Pair) -> None:
    pair.nic[0].stats.add(0x4088, 0xFFFFFFFF)
    pair.nic[0].stats.add(0x4088, 0x10)
    assert pair.ethtool(0)["rx_bytes"] == 0xFFFFFFFF + 0x10
    assert pair.ethtool(0)["rx_bytes"] == 0xFFFFFFFF + 0x10
