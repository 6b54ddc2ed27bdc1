"""Hook points: where a module may look at a packet, hold it back, or end it.

Linux: net/netfilter/core.c, net/netfilter/nf_queue.c

A stage of the path asks

    if net.nf_active and nf_hook(net, NFPROTO_IPV4, hook, skb, indev, outdev, okfn) != 1: ...

and goes on when the answer is 1. Any other answer is the stage's result and skb is gone: dropped,
stolen, or queued; a queued packet goes on later by okfn.okfn(skb), when nf_reinject() says so.
Hooks register per Net; with none registered the question costs one test of a bit.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import softnet.arch.const as const
import softnet.uapi.netfilter as nf
from softnet.net.core.skbuff import kfree_skb
from softnet.structs.netfilter import NfHookOps, NfOkfn

if TYPE_CHECKING:
    from softnet.structs.net_namespace import Net
    from softnet.structs.netdevice import NetDevice
    from softnet.structs.skbuff import SkBuff

# Families above 7 move down so that (family << 3 | hook) is a bit of one 64-bit word.
PF_DIRECT_MAX = 7
PF_SHIFT_DOWN = 6

REPEAT_MAX = 1024  # a hook that answers NF_REPEAT for ever is taken as NF_DROP


class NfQueueEntry:
    """struct nf_queue_entry: a packet that waits for somebody's verdict."""

    __slots__ = ("elem", "hook", "id", "indev", "net", "okfn", "outdev", "pf", "skb")

    net: Net
    skb: SkBuff
    elem: NfHookOps
    pf: int
    hook: int
    indev: NetDevice | None
    outdev: NetDevice | None
    okfn: NfOkfn
    id: int  # the queue handler's

    def __init__(
        self,
        net: Net,
        skb: SkBuff,
        elem: NfHookOps,
        pf: int,
        hook: int,
        indev: NetDevice | None,
        outdev: NetDevice | None,
        okfn: NfOkfn,
    ) -> None:
        self.net = net
        self.skb = skb
        self.elem = elem
        self.pf = pf
        self.hook = hook
        self.indev = indev
        self.outdev = outdev
        self.okfn = okfn
        self.id = 0


class NfQueueHandler:
    """struct nf_queue_handler: who takes NF_QUEUE'd packets of one family in one Net."""

    __slots__ = ("name",)

    name: str

    def __init__(self, name: str) -> None:
        self.name = name

    def outfn(self, entry: NfQueueEntry, queuenum: int) -> int:
        """Keep entry until nf_reinject(entry, verdict), and answer 0; or a negative errno."""
        return -errno.ESRCH


def nf_hook(
    net: Net,
    pf: int,
    hook: int,
    skb: SkBuff,
    indev: NetDevice | None,
    outdev: NetDevice | None,
    okfn: NfOkfn,
) -> int:
    """nf_hook_thresh(): 1 if the caller shall go on with skb; else its result, and skb is consumed."""
    if net.nf_active == 0:
        return 1
    key = nf_key(pf, hook)
    if net.nf_active >> key & 1 == 0:
        return 1
    return nf_hook_slow(net, key, pf, hook, skb, indev, outdev, okfn, 0)


def nf_key(pf: int, hook: int) -> int:
    """The key of a hook point in Net.nf_hooks, and its bit in Net.nf_active: 0 to 63."""
    return (pf - PF_SHIFT_DOWN if pf > PF_DIRECT_MAX else pf) << 3 | hook


def nf_hook_slow(
    net: Net,
    key: int,
    pf: int,
    hook: int,
    skb: SkBuff,
    indev: NetDevice | None,
    outdev: NetDevice | None,
    okfn: NfOkfn,
    start: int,
) -> int:
    """nf_hook_slow(): ask the hooks from number start on, in order of priority.

    The list is replaced, never changed, by (un)registration: this walk keeps the one it began with.
    """
    hooks = net.nf_hooks.get(key)
    if hooks is None:
        return 1
    i = start
    repeats = 0
    while i < len(hooks):
        elem = hooks[i]
        assert isinstance(elem, NfHookOps)
        verdict = elem.hook(hook, skb, indev, outdev)
        kind = verdict & nf.NF_VERDICT_MASK
        if kind == nf.NF_ACCEPT:
            i += 1
            continue
        if kind == nf.NF_REPEAT and repeats < REPEAT_MAX:
            repeats += 1
            continue
        if kind == nf.NF_STOP:
            return 1
        if kind == nf.NF_STOLEN:
            return 0
        if kind == nf.NF_QUEUE:
            entry = NfQueueEntry(net, skb, elem, pf, hook, indev, outdev, okfn)
            err = nf_queue(entry, verdict >> nf.NF_VERDICT_QBITS)
            if err == 0:
                return 0
            bypass = verdict & nf.NF_VERDICT_FLAG_QUEUE_BYPASS
            if err == -errno.ECANCELED or (err == -errno.ESRCH and bypass):
                i += 1
                continue
            kfree_skb(skb, const.SKB_DROP_REASON_NETFILTER_DROP)
            return 0
        kfree_skb(skb, const.SKB_DROP_REASON_NETFILTER_DROP)
        error = verdict >> nf.NF_VERDICT_QBITS
        return -error if error else -errno.EPERM
    return 1


def nf_queue(entry: NfQueueEntry, queuenum: int) -> int:
    """nf_queue(): hand entry to the family's handler; 0, or -ESRCH if there is none."""
    handler = entry.net.gen.get(f"nf_queue_{entry.pf}")
    if handler is None:
        return -errno.ESRCH
    assert isinstance(handler, NfQueueHandler)
    return handler.outfn(entry, queuenum)


def nf_reinject(entry: NfQueueEntry, verdict: int) -> None:
    """nf_reinject(): the verdict on a queued packet has come; go on behind the hook that queued it.

    NF_ACCEPT goes on with the next hook, NF_REPEAT asks the same one again, NF_STOP skips the rest.
    The hook may have been unregistered meanwhile: then the packet is dropped, as in Linux.
    """
    net = entry.net
    skb = entry.skb
    key = nf_key(entry.pf, entry.hook)
    hooks = net.nf_hooks.get(key, [])
    kind = verdict & nf.NF_VERDICT_MASK
    if kind == nf.NF_STOLEN:
        return
    if entry.elem not in hooks or kind == nf.NF_DROP:
        kfree_skb(skb, const.SKB_DROP_REASON_NETFILTER_DROP)
        return
    index = hooks.index(entry.elem)
    if kind == nf.NF_QUEUE:
        if nf_queue(entry, verdict >> nf.NF_VERDICT_QBITS) != 0:
            kfree_skb(skb, const.SKB_DROP_REASON_NETFILTER_DROP)
        return
    if kind != nf.NF_STOP:
        start = index if kind == nf.NF_REPEAT else index + 1
        indev, outdev, okfn = entry.indev, entry.outdev, entry.okfn
        if nf_hook_slow(net, key, entry.pf, entry.hook, skb, indev, outdev, okfn, start) != 1:
            return
    entry.okfn.okfn(skb)


def nf_register_hook(net: Net, reg: NfHookOps) -> None:
    """nf_register_hook(): from now on reg.hook() sees packets; behind hooks of equal priority."""
    key = nf_key(reg.pf, reg.hooknum)
    hooks = list(net.nf_hooks.get(key, []))
    i = 0
    for elem in hooks:
        assert isinstance(elem, NfHookOps)
        if reg.priority < elem.priority:
            break
        i += 1
    hooks.insert(i, reg)
    net.nf_hooks[key] = hooks
    net.nf_active |= 1 << key


def nf_unregister_hook(net: Net, reg: NfHookOps) -> None:
    """nf_unregister_hook(): the opposite; reg must be registered."""
    key = nf_key(reg.pf, reg.hooknum)
    hooks = [elem for elem in net.nf_hooks[key] if elem is not reg]
    assert len(hooks) == len(net.nf_hooks[key]) - 1, "not registered"
    if hooks:
        net.nf_hooks[key] = hooks
    else:
        del net.nf_hooks[key]
        net.nf_active &= ~(1 << key)


def nf_register_hooks(net: Net, regs: list[NfHookOps]) -> None:
    """nf_register_hooks()"""
    for reg in regs:
        nf_register_hook(net, reg)


def nf_unregister_hooks(net: Net, regs: list[NfHookOps]) -> None:
    """nf_unregister_hooks()"""
    for reg in regs:
        nf_unregister_hook(net, reg)


def nf_register_queue_handler(net: Net, pf: int, handler: NfQueueHandler) -> None:
    """nf_register_queue_handler(): raises OSError(EEXIST) if pf has another, EBUSY is not used."""
    old = net.gen.get(f"nf_queue_{pf}")
    if old is not None and old is not handler:
        raise OSError(errno.EBUSY, "Device or resource busy")
    net.gen[f"nf_queue_{pf}"] = handler


def nf_unregister_queue_handler(net: Net, pf: int, handler: NfQueueHandler) -> None:
    """nf_unregister_queue_handler(): raises OSError(EINVAL) if it was another's."""
    if net.gen.get(f"nf_queue_{pf}") is not handler:
        raise OSError(errno.EINVAL, "Invalid argument")
    del net.gen[f"nf_queue_{pf}"]
