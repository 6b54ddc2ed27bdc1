"""TIME_WAIT: mini-sockets, and the two wheels that end them.

Linux: net/ipv4/inet_timewait_sock.c, include/net/inet_timewait_sock.h

    inet_twsk_alloc(sk, state)      a mini-socket in the image of sk
    inet_twsk_hashdance(...)        it takes sk's place in the tables
    inet_twsk_schedule(tw, ...)     it dies in timeo jiffies
    inet_twsk_deschedule(tw, ...)   it dies now

The kill wheel has 8 slots of 7.5 s for the usual minute; a slot's turn kills TCP_TWKILL_QUOTA of
its mini-sockets and leaves the rest to a work item. The recycle wheel has 32 slots of 128 ms for
those whose round trip time is known (tcp_tw_recycle) and for FIN_WAIT2 with little time left.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.uapi.snmp as snmp
from softnet.kernel.timer import Timer, del_timer, jiffies, mod_timer
from softnet.kernel.workqueue import Work, schedule_work
from softnet.net.ipv4.inet_hashtables import (
    InetHashinfo,
    inet_twsk_bind,
    inet_twsk_bind_unhash,
    inet_twsk_hash,
    inet_twsk_unhash,
    inet_unhash,
)
from softnet.structs.inet_connection_sock import InetConnectionSock
from softnet.structs.inet_timewait_sock import InetTimewaitSock
from softnet.structs.net_namespace import Net


class InetTimewaitDeathRow:
    """struct inet_timewait_death_row, of one namespace."""

    __slots__ = (
        "net",
        "hashinfo",
        "twcal_hand",
        "twcal_jiffie",
        "twcal_timer",
        "slots",
        "tw_count",
        "slot",
        "thread_slots",
        "tw_timer",
        "twkill_work",
        "sysctl_tw_recycle",
        "sysctl_max_tw_buckets",
    )

    net: Net
    hashinfo: InetHashinfo
    twcal_hand: int  # the recycle wheel's next slot, -1 while it stands
    twcal_jiffie: int  # when that one is due
    twcal_timer: TwcalTimer
    slots: list[InetTimewaitSock | None]  # 32 of the recycle wheel, then 8 of the kill wheel
    tw_count: int
    slot: int  # the kill wheel's next slot
    thread_slots: int  # bits: kill slots that the work item shall finish
    tw_timer: TwkillTimer
    twkill_work: TwkillWork
    sysctl_tw_recycle: int
    sysctl_max_tw_buckets: int

    def __init__(self, net: Net, hashinfo: InetHashinfo) -> None:
        self.net = net
        self.hashinfo = hashinfo
        self.twcal_hand = -1
        self.twcal_jiffie = 0
        self.twcal_timer = TwcalTimer(self)
        self.slots = [None] * (const.TCP_TW_RECYCLE_SLOTS + const.TCP_TWKILL_SLOTS)
        self.tw_count = 0
        self.slot = 0
        self.thread_slots = 0
        self.tw_timer = TwkillTimer(self)
        self.twkill_work = TwkillWork(self)
        self.sysctl_tw_recycle = 0
        self.sysctl_max_tw_buckets = max(hashinfo.ehash_size // 2, 1)


class TwcalTimer(Timer):
    """inet_twdr_twcal_tick() as a timer."""

    __slots__ = ("row",)

    row: InetTimewaitDeathRow

    def __init__(self, row: InetTimewaitDeathRow) -> None:
        Timer.__init__(self)
        self.row = row

    def function(self) -> None:
        """The recycle wheel turns."""
        inet_twdr_twcal_tick(self.row)


class TwkillTimer(Timer):
    """inet_twdr_hangman() as a timer."""

    __slots__ = ("row",)

    row: InetTimewaitDeathRow

    def __init__(self, row: InetTimewaitDeathRow) -> None:
        Timer.__init__(self)
        self.row = row

    def function(self) -> None:
        """The kill wheel turns."""
        inet_twdr_hangman(self.row)


class TwkillWork(Work):
    """inet_twdr_twkill_work() as a work item."""

    __slots__ = ("row",)

    row: InetTimewaitDeathRow

    def __init__(self, row: InetTimewaitDeathRow) -> None:
        Work.__init__(self)
        self.row = row

    def func(self) -> None:
        """Finish the slots that were more than one turn's quota."""
        inet_twdr_twkill_work(self.row)


# ---- birth


def inet_twsk_alloc(sk: InetConnectionSock, state: int) -> InetTimewaitSock:
    """A mini-socket for sk; state: TCP_TIME_WAIT, or TCP_FIN_WAIT2 while the FIN is still due."""
    tw = InetTimewaitSock(sk.sk_net)
    tw.tw_daddr = sk.inet_daddr
    tw.tw_rcv_saddr = sk.inet_rcv_saddr
    tw.tw_bound_dev_if = sk.sk_bound_dev_if
    tw.tw_tos = sk.tos
    tw.tw_num = sk.inet_num
    tw.tw_dport = sk.inet_dport
    tw.tw_reuse = sk.sk_reuse
    tw.tw_reuseport = sk.sk_reuseport
    tw.tw_hash = sk.sk_hash
    tw.tw_mark = sk.sk_mark
    tw.tw_transparent = sk.transparent
    tw.tw_substate = state
    return tw


def inet_twsk_hashdance(hinfo: InetHashinfo, tw: InetTimewaitSock, sk: InetConnectionSock) -> None:
    """__inet_twsk_hashdance(): tw takes over sk's port and its place among the connections."""
    tb = sk.icsk_bind_hash
    assert tb is not None
    inet_twsk_bind(tb, tw)
    inet_unhash(hinfo, sk)
    inet_twsk_hash(hinfo, tw)


# ---- death


def inet_twsk_schedule(
    tw: InetTimewaitSock, row: InetTimewaitDeathRow, timeo: int, timewait_len: int
) -> None:
    """Let tw die in timeo jiffies, rounded up to a slot; timewait_len is the longest of all.

    A short wait, up to about 4 s, goes to the recycle wheel, a longer one to the kill wheel.
    """
    if not inet_twsk_del_dead_node(row, tw):
        row.tw_count += 1
    now = jiffies()
    tick = const.TCP_TW_RECYCLE_TICK_LOG
    slot = (timeo + (1 << tick) - 1) >> tick
    if slot >= const.TCP_TW_RECYCLE_SLOTS:
        if timeo >= timewait_len:
            slot = const.TCP_TWKILL_SLOTS - 1
        else:
            slot = -(-timeo // const.TCP_TWKILL_PERIOD)
            slot = min(slot, const.TCP_TWKILL_SLOTS - 1)
        tw.tw_ttd = now + timeo
        slot = const.TCP_TW_RECYCLE_SLOTS + (row.slot + slot) % const.TCP_TWKILL_SLOTS
    else:
        due = now + (slot << tick)
        tw.tw_ttd = due
        if row.twcal_hand < 0:
            row.twcal_hand = 0
            row.twcal_jiffie = now
            mod_timer(row.twcal_timer, due)
        else:
            if row.twcal_timer.expires > due:
                mod_timer(row.twcal_timer, due)
            slot = (row.twcal_hand + slot) % const.TCP_TW_RECYCLE_SLOTS
    inet_twsk_add_dead_node(row, tw, slot)
    if row.tw_count == 1:  # the only one: the wheel starts anew, also when it was there before
        mod_timer(row.tw_timer, now + const.TCP_TWKILL_PERIOD)


def inet_twsk_deschedule(tw: InetTimewaitSock, row: InetTimewaitDeathRow) -> None:
    """End tw now."""
    if inet_twsk_del_dead_node(row, tw):
        row.tw_count -= 1
        if row.tw_count == 0:
            del_timer(row.tw_timer)
    inet_twsk_kill(row, tw)


def inet_twsk_kill(row: InetTimewaitDeathRow, tw: InetTimewaitSock) -> None:
    """__inet_twsk_kill(): take tw out of the tables."""
    inet_twsk_unhash(row.hashinfo, tw)
    inet_twsk_bind_unhash(row.hashinfo, tw)


def inet_twsk_add_dead_node(row: InetTimewaitDeathRow, tw: InetTimewaitSock, slot: int) -> None:
    """Link tw into a slot of a wheel."""
    head = row.slots[slot]
    tw.tw_death_next = head
    tw.tw_death_prev = None
    if head is not None:
        head.tw_death_prev = tw
    row.slots[slot] = tw
    tw.tw_death_slot = slot


def inet_twsk_del_dead_node(row: InetTimewaitDeathRow, tw: InetTimewaitSock) -> bool:
    """inet_twsk_del_dead_node(): out of its wheel; False if it was in none."""
    slot = tw.tw_death_slot
    if slot < 0:
        return False
    nxt = tw.tw_death_next
    prev = tw.tw_death_prev
    if prev is None:
        assert row.slots[slot] is tw
        row.slots[slot] = nxt
    else:
        prev.tw_death_next = nxt
    if nxt is not None:
        nxt.tw_death_prev = prev
    tw.tw_death_next = None
    tw.tw_death_prev = None
    tw.tw_death_slot = -1
    return True


# ---- the wheels turn


def inet_twdr_hangman(row: InetTimewaitDeathRow) -> None:
    """Kill what is in the next slot of the kill wheel, at most a quota in this softirq."""
    if row.tw_count == 0:
        return
    if inet_twdr_do_twkill_work(row, row.slot):
        row.thread_slots |= 1 << row.slot
        schedule_work(row.twkill_work)
        need_timer = True
    else:
        need_timer = row.tw_count != 0
    row.slot = (row.slot + 1) % const.TCP_TWKILL_SLOTS
    if need_timer:
        mod_timer(row.tw_timer, jiffies() + const.TCP_TWKILL_PERIOD)


def inet_twdr_do_twkill_work(row: InetTimewaitDeathRow, slot: int) -> bool:
    """Kill up to a quota of one slot; True if some are left."""
    killed = 0
    more = False
    tw = row.slots[const.TCP_TW_RECYCLE_SLOTS + slot]
    while tw is not None:
        if killed >= const.TCP_TWKILL_QUOTA:
            more = True
            break
        inet_twsk_del_dead_node(row, tw)
        inet_twsk_kill(row, tw)
        killed += 1
        tw = row.slots[const.TCP_TW_RECYCLE_SLOTS + slot]
    row.tw_count -= killed
    row.net.mib.net.add(snmp.LINUX_MIB_TIMEWAITED, killed)
    return more


def inet_twdr_twkill_work(row: InetTimewaitDeathRow) -> None:
    """Kill the rest of the slots in thread_slots."""
    for slot in range(const.TCP_TWKILL_SLOTS):
        if row.thread_slots >> slot & 1:
            while inet_twdr_do_twkill_work(row, slot):
                pass
            row.thread_slots &= ~(1 << slot)


def inet_twdr_twcal_tick(row: InetTimewaitDeathRow) -> None:
    """Kill what is due on the recycle wheel, and stop it when it is empty."""
    if row.twcal_hand < 0:
        return
    now = jiffies()
    killed = 0
    slot = row.twcal_hand
    j = row.twcal_jiffie
    advanced = False
    for _ in range(const.TCP_TW_RECYCLE_SLOTS):
        if j <= now:
            killed += inet_twdr_kill_recycle_slot(row, slot)
        else:
            if not advanced:
                advanced = True
                row.twcal_jiffie = j
                row.twcal_hand = slot
            if row.slots[slot] is not None:
                mod_timer(row.twcal_timer, j)
                break
        j += 1 << const.TCP_TW_RECYCLE_TICK_LOG
        slot = (slot + 1) % const.TCP_TW_RECYCLE_SLOTS
    else:
        row.twcal_hand = -1
    row.tw_count -= killed
    if row.tw_count == 0:
        del_timer(row.tw_timer)
    row.net.mib.net.add(snmp.LINUX_MIB_TIMEWAITKILLED, killed)


def inet_twdr_kill_recycle_slot(row: InetTimewaitDeathRow, slot: int) -> int:
    """Kill all in one slot of the recycle wheel; how many."""
    killed = 0
    tw = row.slots[slot]
    while tw is not None:
        inet_twsk_del_dead_node(row, tw)
        inet_twsk_kill(row, tw)
        killed += 1
        tw = row.slots[slot]
    return killed


def inet_twsk_purge(row: InetTimewaitDeathRow) -> None:
    """The namespace ends: so do all its mini-sockets."""
    for slot in range(len(row.slots)):
        tw = row.slots[slot]
        while tw is not None:
            inet_twsk_deschedule(tw, row)
            tw = row.slots[slot]
    assert row.tw_count == 0
