"""/proc/net/igmp and /proc/net/mcfilter: a host's multicast groups and their source filters.

Linux: net/ipv4/igmp.c (igmp_mc_seq_*, igmp_mcf_seq_*)
"""

from __future__ import annotations

from softnet.fs.proc import ProcEntry
from softnet.kernel.timer import jiffies
from softnet.net.ipv4.igmp_report import igmp_v1_seen, igmp_v2_seen, mc_groups
from softnet.net.ipv4.sock_proc import swab32
from softnet.structs.igmp import MCAST_EXCLUDE, MCAST_INCLUDE
from softnet.structs.net_namespace import Net

HZ = 1000
USER_HZ = 100


class ProcIgmp(ProcEntry):
    """/proc/net/igmp"""

    __slots__ = ()

    def show(self, net: object) -> str:
        """Each device with its groups; addresses as x86 reads them."""
        assert isinstance(net, Net)
        out = ["Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n"]
        for dev in net.dev_base:
            in_dev = dev.ip_ptr
            if in_dev is None or not in_dev.mc_list:
                continue
            version = "V1" if igmp_v1_seen(in_dev) else "V2" if igmp_v2_seen(in_dev) else "V3"
            out.append(f"{dev.ifindex}\t{dev.name:<10s}: {in_dev.mc_count:5d} {version:>7s}\n")
            for im in mc_groups(in_dev):
                left = 0
                if im.tm_running and im.timer is not None:
                    left = (im.timer.expires - jiffies()) * USER_HZ // HZ
                out.append(
                    f"\t\t\t\t{swab32(im.multiaddr):08X} {im.users:5d} "
                    f"{int(im.tm_running)}:{left:08X}\t\t{int(im.reporter)}\n"
                )
        return "".join(out)


class ProcMcfilter(ProcEntry):
    """/proc/net/mcfilter"""

    __slots__ = ()

    def show(self, net: object) -> str:
        """Each source filtered on a device: how many sockets include and exclude it."""
        assert isinstance(net, Net)
        out = [f"{'Idx':>3s} {'Device':>6s} {'MCA':>10s} {'SRC':>10s} {'INC':>6s} {'EXC':>6s}\n"]
        for dev in net.dev_base:
            in_dev = dev.ip_ptr
            if in_dev is None:
                continue
            for im in mc_groups(in_dev):
                for psf in im.sources.values():
                    out.append(
                        f"{dev.ifindex:3d} {dev.name[:6]:>6s} 0x{im.multiaddr:08x} "
                        f"0x{psf.sf_inaddr:08x} {psf.sf_count[MCAST_INCLUDE]:6d} "
                        f"{psf.sf_count[MCAST_EXCLUDE]:6d}\n"
                    )
        return "".join(out)
