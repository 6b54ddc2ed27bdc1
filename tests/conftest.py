"""What every test needs: which form of softnet is under test, and repeatable randomness.

The tree on PYTHONPATH decides: src/ is the interpreted form, build/compiled/ the compiled one.
`make test` runs the suite on both.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

try:
    import softnet
    from softnet.net.core.dev.netdev_chain import netdev_chain
    from softnet.net.core.dev.taps import dev_remove_pack, find_ptype
    from softnet.net.core.net_namespace import pernet_list
    from softnet.net.ipv4.arp import arp_packet_types
    from softnet.net.ipv4.devinet import inetaddr_chain, inetdev_ops
    from softnet.uapi.if_ether import ETH_P_ARP, ETH_P_IP
except ImportError as e:
    raise pytest.UsageError(f"{e}: run `make test`, or put src on PYTHONPATH") from e

pytest_plugins = ["softnet.lab.packetdrill.collect"]  # tests/scripts/**/*.pkt

PACKAGE = Path(softnet.__file__).parent
HEADER_ONLY = {"arch", "uapi"}
# What one part of the stack hears from another, for all hosts of the process.
REGISTRIES: tuple[list[Any], ...] = (
    netdev_chain,
    pernet_list,
    inetaddr_chain,
    inetdev_ops,
    arp_packet_types,
)

# The same examples in every run and on every machine; a failing one becomes a test.
settings.register_profile(
    "softnet", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("softnet")


def interpreted_modules() -> list[str]:
    """Return the modules that have a .pxd and no .so beside it."""
    return [
        str(pxd.relative_to(PACKAGE))
        for pxd in sorted(PACKAGE.rglob("*.pxd"))
        if pxd.stem != "__init__"
        and pxd.with_suffix(".py").exists()
        and pxd.relative_to(PACKAGE).parts[0] not in HEADER_ONLY
        and not list(pxd.parent.glob(pxd.stem + ".*.so"))
    ]


@pytest.fixture(autouse=True)
def own_registries() -> Iterator[None]:
    """Let a test that boots a whole host leave no parts of it to one that builds its own."""
    kept = [(registry, list(registry)) for registry in REGISTRIES]
    unknown = [proto for proto in (ETH_P_IP, ETH_P_ARP) if find_ptype(proto) is None]
    yield
    for registry, before in kept:
        registry[:] = before
    for proto in unknown:
        handler = find_ptype(proto)
        if handler is not None:
            dev_remove_pack(handler)


def pytest_report_header() -> str:
    """Say which form runs."""
    if os.environ.get("SOFTNET_PURE"):
        return f"softnet: interpreted, {PACKAGE}"
    compiled = len(list(PACKAGE.rglob("*.so")))
    return f"softnet: {compiled} compiled modules, {PACKAGE}"


def pytest_sessionstart() -> None:
    """Refuse a half-compiled tree where the whole was promised (make test-compiled)."""
    if os.environ.get("SOFTNET_COMPILED") and (missing := interpreted_modules()):
        raise pytest.UsageError("not compiled: " + " ".join(missing))
