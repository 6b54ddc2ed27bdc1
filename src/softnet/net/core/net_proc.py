"""/proc/net files of the device layer, in the bytes that Linux prints.

Linux: dev_seq_show(), softnet_seq_show(), ptype_seq_show() of net/core/dev.c,
dev_mc_seq_show() of net/core/dev_addr_lists.c
"""

from __future__ import annotations

import softnet.uapi.if_ether as if_ether
from softnet.fs.proc import ProcEntry, proc_create
from softnet.net.core.dev.config import dev_get_stats
from softnet.net.core.dev.taps import ptype_list
from softnet.structs.net_namespace import Net
from softnet.structs.netdevice import NetDevice, SoftnetData

DEV_HEADER = (
    "Inter-|   Receive                                                "
    "|  Transmit\n"
    " face |bytes    packets errs drop fifo frame compressed multicast"
    "|bytes    packets errs drop fifo colls carrier compressed\n"
)


def net_of(net: object) -> Net:
    """The reader's namespace."""
    assert isinstance(net, Net)
    return net


class ProcNetDev(ProcEntry):
    """/proc/net/dev"""

    __slots__ = ()

    def show(self, net: object) -> str:
        """Two header lines and one for each device."""
        lines = [dev_line(dev) for dev in net_of(net).dev_base]
        return DEV_HEADER + "".join(lines)


def dev_line(dev: NetDevice) -> str:
    """dev_seq_printf_stats()"""
    s = dev_get_stats(dev)
    frame = s.rx_length_errors + s.rx_over_errors + s.rx_crc_errors + s.rx_frame_errors
    carrier = s.tx_carrier_errors + s.tx_aborted_errors + s.tx_window_errors + s.tx_heartbeat_errors
    return (
        f"{dev.name:>6}: {s.rx_bytes:7} {s.rx_packets:7} {s.rx_errors:4} "
        f"{s.rx_dropped + s.rx_missed_errors:4} {s.rx_fifo_errors:4} {frame:5} "
        f"{s.rx_compressed:10} {s.multicast:9} "
        f"{s.tx_bytes:8} {s.tx_packets:7} {s.tx_errors:4} {s.tx_dropped:4} "
        f"{s.tx_fifo_errors:4} {s.collisions:5} {carrier:7} {s.tx_compressed:10}\n"
    )


class ProcSoftnetStat(ProcEntry):
    """/proc/net/softnet_stat"""

    __slots__ = ()

    def show(self, net: object) -> str:
        """A line of ten hexadecimal words for each CPU."""
        lines = []
        for cpu in net_of(net).machine.cpus:
            sd: SoftnetData = cpu.softnet
            words = [sd.processed, sd.dropped, sd.time_squeeze, 0, 0, 0, 0, 0]
            words += [sd.cpu_collision, sd.received_rps]
            lines.append(" ".join(f"{word & 0xFFFFFFFF:08x}" for word in words) + "\n")
        return "".join(lines)


class ProcPtype(ProcEntry):
    """/proc/net/ptype"""

    __slots__ = ()

    def show(self, net: object) -> str:
        """A line for each packet type; a protocol's handlers belong to every namespace."""
        lines = ["Type Device      Function\n"]
        for pt in ptype_list(net_of(net)):
            kind = "ALL " if pt.type == if_ether.ETH_P_ALL else f"{pt.type:04x}"
            name = "" if pt.dev is None else pt.dev.name
            lines.append(f"{kind} {name:<8} {pt.func_name()}\n")
        return "".join(lines)


class ProcDevMcast(ProcEntry):
    """/proc/net/dev_mcast"""

    __slots__ = ()

    def show(self, net: object) -> str:
        """A line for each group: index, device, users, users by ioctl, address."""
        lines = []
        for dev in net_of(net).dev_base:
            for addr, users in dev.mc.items():
                asked = int(addr in dev.mc_global)
                lines.append(
                    f"{dev.ifindex:<4} {dev.name:<15} {users:<5} {asked:<5} {addr.hex()}\n"
                )
        return "".join(lines)


def dev_proc_init() -> None:
    """Once per process."""
    proc_create(ProcNetDev("net/dev"))
    proc_create(ProcSoftnetStat("net/softnet_stat"))
    proc_create(ProcPtype("net/ptype"))
    proc_create(ProcDevMcast("net/dev_mcast"))
