"""A lab's door to the real machine."""

from __future__ import annotations

import pytest

import softnet
from softnet.lab.errors import LabError


def test_a_tap_needs_real_time() -> None:
    with softnet.Lab() as lab:
        h1 = lab.host("h1")
        with pytest.raises(LabError, match="clock='real'"):
            lab.tap(h1, "10.9.0.2/24")


def test_a_tap_is_a_device_of_the_host() -> None:
    with softnet.Lab(clock="real") as lab:
        h1 = lab.host("h1")
        try:
            tap = lab.tap(h1, "10.201.9.2/24", "snlab%d")
        except LabError as e:
            pytest.skip(str(e))
        assert tap.device == "tap0"
        assert tap.name.startswith("snlab")
        assert h1.host.device("tap0") is tap.dev
    assert tap.dev.tap.fd == -1, "it goes with the lab"
