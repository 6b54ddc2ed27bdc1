"""What a host's era has."""

from __future__ import annotations

import pytest

from softnet.host import Host
from softnet.kernel.era import EXTENSIONS, era_has, era_version
from softnet.machine.clock import World


def test_3_2_is_its_last_stable_release() -> None:
    assert era_has("3.2", "RFC5961")
    assert not era_has("3.2.0", "RFC5961")
    assert era_version("3.2.0") < era_version("3.2") < era_version("3.3")


def test_versions_are_compared_as_numbers() -> None:
    assert not era_has("3.8", "SO_REUSEPORT")
    for era in ("3.9", "3.10", "4.4", "6.18.5"):
        assert era_has(era, "SO_REUSEPORT")


def test_3_2_has_no_extension_unless_named() -> None:
    later = [name for name in EXTENSIONS if name != "RFC5961"]
    for name in later:
        assert not era_has("3.2", name)
        assert era_has("3.2+" + name, name)
    assert not era_has("3.2+SO_REUSEPORT", "TCP_NOTSENT_LOWAT")
    assert era_has("3.2+SO_REUSEPORT+TCP_NOTSENT_LOWAT", "TCP_NOTSENT_LOWAT")


@pytest.mark.parametrize("era", ["", "3", "three", "2.6.32", "3.2+SO_REUSEPROT", "3.x", "1.2.3.4"])
def test_nonsense_is_refused_before_the_host_boots(era: str) -> None:
    with pytest.raises(ValueError, match="era"):
        Host(World(), "h", era=era)
