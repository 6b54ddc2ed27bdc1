"""Chains of callbacks that are told of events, by priority.

Linux: kernel/notifier.c, include/linux/notifier.h
"""

from __future__ import annotations

import errno

import softnet.arch.const as const


class NotifierBlock:
    """struct notifier_block: subclass, override call()."""

    __slots__ = ("priority",)

    priority: int  # higher ones are told first

    def __init__(self, priority: int = 0) -> None:
        self.priority = priority

    def call(self, event: int, ptr: object) -> int:
        """notifier_call: NOTIFY_DONE, NOTIFY_OK, or with NOTIFY_STOP_MASK to tell nobody else."""
        return const.NOTIFY_DONE


class NotifierChain:
    """struct raw_notifier_head: blocks by falling priority, equals in order of registration."""

    __slots__ = ("blocks",)

    blocks: list[NotifierBlock]

    def __init__(self) -> None:
        self.blocks = []

    def register(self, nb: NotifierBlock) -> None:
        """Tell nb too. OSError(EEXIST) if it is registered."""
        if nb in self.blocks:
            raise OSError(errno.EEXIST, "the notifier is registered already")
        i = 0
        while i < len(self.blocks) and self.blocks[i].priority >= nb.priority:
            i += 1
        self.blocks.insert(i, nb)

    def unregister(self, nb: NotifierBlock) -> None:
        """Tell nb no more. OSError(ENOENT) if it is not registered."""
        if nb not in self.blocks:
            raise OSError(errno.ENOENT, "the notifier is not registered")
        self.blocks.remove(nb)

    def call_chain(self, event: int, ptr: object) -> int:
        """Tell all; what the last one answered. One that answers NOTIFY_STOP_MASK ends it.

        Blocks that are registered or removed meanwhile count from the next event on.
        """
        ret = const.NOTIFY_DONE
        for nb in list(self.blocks):
            ret = nb.call(event, ptr)
            if ret & const.NOTIFY_STOP_MASK:
                break
        return ret


def notifier_from_errno(err: int) -> int:
    """A verdict that carries err (0 or a negative errno) and, if it is one, stops the chain."""
    if err:
        return const.NOTIFY_STOP_MASK | (const.NOTIFY_OK - err)
    return const.NOTIFY_OK


def notifier_to_errno(ret: int) -> int:
    """The negative errno in a verdict, else 0."""
    ret &= ~const.NOTIFY_STOP_MASK
    return const.NOTIFY_OK - ret if ret > const.NOTIFY_OK else 0
