"""What an ICMP "destination unreachable" means to a socket.

Linux: icmp_err_convert[] in net/ipv4/icmp.c. RFC 1122 3.2.2.1: net and host unreachable, and what
TOS causes, may pass; the others end the attempt.
"""

from __future__ import annotations

import errno

# code: (errno, fatal)
ICMP_ERR_CONVERT = (
    (errno.ENETUNREACH, False),  # ICMP_NET_UNREACH
    (errno.EHOSTUNREACH, False),  # ICMP_HOST_UNREACH
    (errno.ENOPROTOOPT, True),  # ICMP_PROT_UNREACH
    (errno.ECONNREFUSED, True),  # ICMP_PORT_UNREACH
    (errno.EMSGSIZE, False),  # ICMP_FRAG_NEEDED
    (errno.EOPNOTSUPP, False),  # ICMP_SR_FAILED
    (errno.ENETUNREACH, True),  # ICMP_NET_UNKNOWN
    (errno.EHOSTDOWN, True),  # ICMP_HOST_UNKNOWN
    (errno.ENONET, True),  # ICMP_HOST_ISOLATED
    (errno.ENETUNREACH, True),  # ICMP_NET_ANO
    (errno.EHOSTUNREACH, True),  # ICMP_HOST_ANO
    (errno.ENETUNREACH, False),  # ICMP_NET_UNR_TOS
    (errno.EHOSTUNREACH, False),  # ICMP_HOST_UNR_TOS
    (errno.EHOSTUNREACH, True),  # ICMP_PKT_FILTERED
    (errno.EHOSTUNREACH, True),  # ICMP_PREC_VIOLATION
    (errno.EHOSTUNREACH, True),  # ICMP_PREC_CUTOFF
)


def icmp_err_errno(code: int) -> int:
    """The positive errno for an ICMP_DEST_UNREACH of that code (0 to NR_ICMP_UNREACH)."""
    return ICMP_ERR_CONVERT[code][0]


def icmp_err_fatal(code: int) -> bool:
    """Is it a hard error?"""
    return ICMP_ERR_CONVERT[code][1]
