"""The host's own user headers judge the numbers: Linux never changes one that it has published.

Each module is compared with what gcc makes of today's headers. A name that they lack (it was the
kernel's own in 3.2, or has been dropped since) is not judged; one that has grown since 3.2, such as
the last number of a list that was continued, stands in GROWN.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tools.gen_const_pxd import SRC, read_constants

NF = "linux/netfilter/"
HEADERS = {
    "errqueue": "time.h linux/errqueue.h linux/net_tstamp.h",
    "ethtool": "linux/ethtool.h linux/mii.h",
    "eventpoll": "linux/eventpoll.h",
    "fcntl": "asm/fcntl.h linux/fcntl.h linux/stat.h linux/sched.h",
    "filter": "linux/filter.h",
    "icmp": "linux/icmp.h linux/igmp.h",
    "if_": "sys/socket.h linux/if.h",
    "if_arp": "sys/socket.h linux/if_arp.h",
    "if_ether": "linux/if_ether.h",
    "if_link": "linux/if_link.h linux/veth.h",
    "if_packet": "sys/socket.h linux/if_packet.h",
    "if_tun": "sys/socket.h sys/ioctl.h linux/if_tun.h linux/virtio_net.h",
    "if_vlan": "linux/if_vlan.h",
    "in6": "linux/in6.h linux/ipv6.h linux/icmpv6.h",
    "in_": "linux/in.h linux/ip.h",
    "inet_diag": "linux/inet_diag.h linux/sock_diag.h",
    "neighbour": "linux/neighbour.h",
    "netfilter": f"{NF[:-1]}.h linux/netfilter_ipv4.h linux/netfilter_arp.h {NF}nfnetlink.h",
    "netlink": "sys/socket.h linux/netlink.h linux/genetlink.h",
    "nf_conntrack": f"{NF}nf_conntrack_common.h {NF}nf_conntrack_tcp.h {NF}nfnetlink_conntrack.h",
    "pkt_sched": "linux/pkt_sched.h linux/pkt_cls.h linux/gen_stats.h",
    "poll": "linux/types.h asm/poll.h",
    "rtnetlink": "sys/socket.h linux/rtnetlink.h linux/fib_rules.h linux/route.h linux/in_route.h",
    "socket": "sys/socket.h asm/socket.h linux/net.h linux/un.h",
    "sockios": "asm/ioctls.h linux/sockios.h",
    "tcp": "linux/tcp.h linux/udp.h",
    "time_": "linux/time.h",
}
GROWN = {
    "AF_MAX", "BPF_MAXINSNS", "CTA_MAX", "CTA_STATS_MAX", "CTRL_ATTR_MAX", "FRA_MAX", "IFA_MAX",
    "IFLA_INET6_MAX", "IFLA_INFO_MAX", "IFLA_MACVLAN_MAX", "IFLA_MAX", "IFLA_VF_MAX",
    "IFLA_VLAN_MAX", "INET_DIAG_MAX", "INET_DIAG_REQ_MAX", "IPCTNL_MSG_EXP_MAX", "IPCTNL_MSG_MAX",
    "IPPROTO_MAX", "IPV4_DEVCONF_MAX", "NDA_MAX", "NDTA_MAX", "NDTPA_MAX", "NFNL_SUBSYS_COUNT",
    "RTAX_MAX", "RTA_MAX", "RTM_MAX", "RTNLGRP_MAX", "SKF_AD_MAX", "SOF_TIMESTAMPING_MASK",
    "SOMAXCONN", "TCA_ACT_MAX", "TCA_CHOKE_MAX", "TCA_GRED_MAX", "TCA_HTB_MAX", "TCA_MAX",
    "TCA_NETEM_MAX", "TCA_POLICE_MAX", "TCA_RED_MAX", "TCA_STATS_MAX", "TCA_TBF_MAX", "TCA_U32_MAX",
}  # fmt: skip
# The kernel numbers a TCP_FLAG_* in network order for its own arithmetic; here all is host order.
OURS = {"TCP_DATA_OFFSET", "TCP_RESERVED_BITS", "NLA_TYPE_MASK"}


def host_values(headers: list[str], names: list[str], tmp: Path) -> dict[str, int]:
    """What gcc says these names are worth; those that the headers do not define are left out."""
    source, program = tmp / "names.c", tmp / "names"
    includes = "".join(f"#include <{h}>\n" for h in headers)
    source.write_text(f"#define _GNU_SOURCE\n{includes}")
    found = subprocess.run(["gcc", "-E", "-dD", source], capture_output=True, text=True)
    if found.returncode:
        pytest.skip(f"the host lacks a header: {found.stderr.splitlines()[0]}")
    known = set(re.findall(r"\w+", found.stdout))
    lines = [f'printf("{n} %lld\\n", (long long)({n}));' for n in names if n in known]
    body = "\n".join(lines)
    includes += "#include <stdio.h>\n"
    source.write_text(f"#define _GNU_SOURCE\n{includes}int main() {{\n{body}\n}}\n")
    subprocess.run(["gcc", "-w", "-o", program, source], check=True)
    out = subprocess.run([program], capture_output=True, text=True, check=True).stdout
    return {name: int(value) for name, value in (line.split() for line in out.splitlines())}


@pytest.mark.parametrize("module", sorted(HEADERS))
def test_numbers_are_those_of_the_host(module: str, tmp_path: Path) -> None:
    if shutil.which("gcc") is None:
        pytest.skip("no C compiler to read the host's headers with")
    ours = read_constants((SRC / "uapi" / f"{module}.py").read_text(), module)
    host = host_values(HEADERS[module].split(), list(ours), tmp_path)
    judged = {
        name: host[name]
        for name in ours.keys() & host.keys() - GROWN - OURS
        if not name.startswith("TCP_FLAG_")
    }
    assert len(judged) >= 5
    # both signs of a 32-bit pattern are the same number to C
    wrong = {n: (ours[n], v) for n, v in judged.items() if (ours[n] - v) % (1 << 32)}
    assert not wrong


def test_every_module_is_judged() -> None:
    modules = {p.stem for p in (SRC / "uapi").glob("*.py")} - {
        "__init__",
        "e1000",
        "snmp",
        "snmp_names",
    }
    assert modules == HEADERS.keys()
