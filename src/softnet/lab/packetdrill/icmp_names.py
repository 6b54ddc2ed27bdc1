"""ICMP types and codes as scripts name them: `unreachable frag_needed`, `type_3 code_4`."""

from __future__ import annotations

import softnet.uapi.icmp as icmp

TYPES = {
    "echo_reply": icmp.ICMP_ECHOREPLY,
    "unreachable": icmp.ICMP_DEST_UNREACH,
    "source_quench": icmp.ICMP_SOURCE_QUENCH,
    "redirect": icmp.ICMP_REDIRECT,
    "echo_request": icmp.ICMP_ECHO,
    "time_exceeded": icmp.ICMP_TIME_EXCEEDED,
    "parameter_problem": icmp.ICMP_PARAMETERPROB,
    "timestamp_request": icmp.ICMP_TIMESTAMP,
    "timestamp_reply": icmp.ICMP_TIMESTAMPREPLY,
    "information_request": icmp.ICMP_INFO_REQUEST,
    "information_reply": icmp.ICMP_INFO_REPLY,
    "address_mask_request": icmp.ICMP_ADDRESS,
    "address_mask_reply": icmp.ICMP_ADDRESSREPLY,
}
UNREACHABLE = {
    "net_unreachable": icmp.ICMP_NET_UNREACH,
    "host_unreachable": icmp.ICMP_HOST_UNREACH,
    "protocol_unreachable": icmp.ICMP_PROT_UNREACH,
    "port_unreachable": icmp.ICMP_PORT_UNREACH,
    "frag_needed": icmp.ICMP_FRAG_NEEDED,
    "source_route_failed": icmp.ICMP_SR_FAILED,
    "net_unknown": icmp.ICMP_NET_UNKNOWN,
    "host_unknown": icmp.ICMP_HOST_UNKNOWN,
    "source_host_isolated": icmp.ICMP_HOST_ISOLATED,
    "net_prohibited": icmp.ICMP_NET_ANO,
    "host_prohibited": icmp.ICMP_HOST_ANO,
    "net_unreachable_for_tos": icmp.ICMP_NET_UNR_TOS,
    "host_unreachable_for_tos": icmp.ICMP_HOST_UNR_TOS,
    "packet_filtered": icmp.ICMP_PKT_FILTERED,
    "precedence_violation": icmp.ICMP_PREC_VIOLATION,
    "precedence_cutoff": icmp.ICMP_PREC_CUTOFF,
}
REDIRECT = {
    "net": icmp.ICMP_REDIR_NET,
    "host": icmp.ICMP_REDIR_HOST,
    "net_for_tos": icmp.ICMP_REDIR_NETTOS,
    "host_for_tos": icmp.ICMP_REDIR_HOSTTOS,
}
EXCEEDED = {"in_transit": icmp.ICMP_EXC_TTL, "reassembly": icmp.ICMP_EXC_FRAGTIME}
CODES = {
    icmp.ICMP_DEST_UNREACH: UNREACHABLE,
    icmp.ICMP_REDIRECT: REDIRECT,
    icmp.ICMP_TIME_EXCEEDED: EXCEEDED,
}


def icmp_type(word: str) -> int | None:
    """The number of a type; None if there is none of that name."""
    return TYPES.get(word, numbered(word, "type_"))


def icmp_code(kind: int, word: str) -> int | None:
    """The number of a code of that type; None if there is none of that name."""
    return CODES.get(kind, {}).get(word, numbered(word, "code_"))


def numbered(word: str, prefix: str) -> int | None:
    """type_3 -> 3"""
    digits = word.removeprefix(prefix)
    if word.startswith(prefix) and digits.isdigit() and int(digits) <= 255:
        return int(digits)
    return None
