"""struct nf_hook_ops: what netfilter modules hang into the packet's path.

Linux: include/linux/netfilter.h. nf_hook() itself is in net/netfilter/core.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import softnet.uapi.netfilter as netfilter

if TYPE_CHECKING:
    from softnet.structs.netdevice import NetDevice
    from softnet.structs.skbuff import SkBuff


class NfHookOps:
    """struct nf_hook_ops: subclass and override hook()."""

    __slots__ = ("pf", "hooknum", "priority")

    pf: int
    hooknum: int
    priority: int

    def __init__(self, pf: int, hooknum: int, priority: int) -> None:
        self.pf = pf
        self.hooknum = hooknum
        self.priority = priority

    def hook(
        self,
        hooknum: int,
        skb: SkBuff,
        indev: NetDevice | None,
        outdev: NetDevice | None,
    ) -> int:
        """NF_ACCEPT, NF_DROP, NF_STOLEN, NF_QUEUE, NF_REPEAT or NF_STOP."""
        return netfilter.NF_ACCEPT


class NfOkfn:
    """okfn: how the path goes on after a hook that held the packet back (NF_QUEUE, reinjection)."""

    __slots__ = ()

    def okfn(self, skb: SkBuff) -> int:
        """Go on with skb where the hook stood."""
        return 0
