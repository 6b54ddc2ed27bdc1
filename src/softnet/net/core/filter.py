"""Socket filters: classic BPF programs that decide how much of a packet a socket sees.

Linux: net/core/filter.c (sk_attach_filter, sk_chk_filter, sk_run_filter)

SO_ATTACH_FILTER gives a program of struct sock_filter: code (16 bits), jt and jf (8 bits: how far to
jump), k (32 bits). There is an accumulator A, an index X and 16 words of memory; a program ends by
saying how many bytes to keep, 0 to drop the packet. sk_chk_filter() proves once that a program can
only go forward, ends, and reads no memory that it did not write: so that to run it takes at most
BPF_MAXINSNS steps and cannot fail. A load outside the packet, or a division by X = 0, drops it.

Numbers are 32 bits without a sign. The packet begins at skb.data: at the transport header for UDP and
TCP, at the IP header for raw sockets. Differs from Linux: a program's size is compared with
net.core.optmem_max, and not counted.
"""

from __future__ import annotations

import errno

import softnet.uapi.filter as bpf
import softnet.uapi.in_ as in_
import softnet.uapi.netlink as netlink
from softnet.machine.cpu import this_cpu
from softnet.net.core.skb_frags import skb_copy_bits
from softnet.net.core.sock_opt import FilterOps, register_filter_ops
from softnet.structs.skbuff import SkBuff
from softnet.structs.sock import SkFilter, Sock

U32 = 0xFFFFFFFF
SIGN = 0x80000000
UDP_HLEN = 8
NLA_HDRLEN = 4
TCP_DOFF_AT = 12  # the byte of a TCP header that has its length
SIZE_OF = {bpf.BPF_W: 4, bpf.BPF_H: 2, bpf.BPF_B: 1}
OPERATIONS = (
    bpf.BPF_ADD,
    bpf.BPF_SUB,
    bpf.BPF_MUL,
    bpf.BPF_DIV,
    bpf.BPF_AND,
    bpf.BPF_OR,
    bpf.BPF_LSH,
    bpf.BPF_RSH,
)
CONDITIONS = (bpf.BPF_JEQ, bpf.BPF_JGE, bpf.BPF_JGT, bpf.BPF_JSET)
CODES = frozenset(
    {bpf.BPF_ALU | op | src for op in OPERATIONS for src in (bpf.BPF_K, bpf.BPF_X)}
    | {bpf.BPF_JMP | op | src for op in CONDITIONS for src in (bpf.BPF_K, bpf.BPF_X)}
    | {bpf.BPF_LD | mode | size for mode in (bpf.BPF_ABS, bpf.BPF_IND) for size in SIZE_OF}
    | {
        bpf.BPF_ALU | bpf.BPF_NEG,
        bpf.BPF_JMP | bpf.BPF_JA,
        bpf.BPF_LD | bpf.BPF_W | bpf.BPF_LEN,
        bpf.BPF_LD | bpf.BPF_IMM,
        bpf.BPF_LD | bpf.BPF_MEM,
        bpf.BPF_LDX | bpf.BPF_W | bpf.BPF_LEN,
        bpf.BPF_LDX | bpf.BPF_B | bpf.BPF_MSH,
        bpf.BPF_LDX | bpf.BPF_IMM,
        bpf.BPF_LDX | bpf.BPF_MEM,
        bpf.BPF_MISC | bpf.BPF_TAX,
        bpf.BPF_MISC | bpf.BPF_TXA,
        bpf.BPF_RET | bpf.BPF_K,
        bpf.BPF_RET | bpf.BPF_A,
        bpf.BPF_ST,
        bpf.BPF_STX,
    }
)
LOADS = frozenset({bpf.BPF_LD | bpf.BPF_MEM, bpf.BPF_LDX | bpf.BPF_MEM})
STORES = frozenset({bpf.BPF_ST, bpf.BPF_STX})
RETURNS = frozenset({bpf.BPF_RET | bpf.BPF_K, bpf.BPF_RET | bpf.BPF_A})
JUMP = bpf.BPF_JMP | bpf.BPF_JA
DIVIDE_BY_K = bpf.BPF_ALU | bpf.BPF_DIV | bpf.BPF_K

Insn = tuple[int, int, int, int]  # code, jt, jf, k


class DropPacketError(Exception):
    """A load that nothing answers: the packet is dropped."""


class BpfFilter(SkFilter):
    """A program that passed sk_chk_filter(). header: bytes that are kept of what is kept at all."""

    __slots__ = ("insns", "protocol")

    insns: list[Insn]
    protocol: int

    def __init__(self, insns: list[Insn], protocol: int) -> None:
        self.insns = insns
        self.protocol = protocol

    def run(self, skb: SkBuff) -> int:
        keep = sk_run_filter(skb, self.insns)
        if keep == 0:
            return 0
        # A transport header that was cut would be read beyond its end (CVE-2016-8645).
        if self.protocol == in_.IPPROTO_TCP:
            return max(keep, byte_at(skb, TCP_DOFF_AT) >> 4 << 2)
        if self.protocol in (in_.IPPROTO_UDP, in_.IPPROTO_UDPLITE):
            return max(keep, UDP_HLEN)
        return keep


class BpfOps(FilterOps):
    """SO_ATTACH_FILTER."""

    __slots__ = ()

    def attach(self, sk: Sock, optval: bytes) -> int:
        return sk_attach_filter(sk, optval)


def sk_attach_filter(sk: Sock, optval: bytes) -> int:
    """Check a program and let sk's packets go through it. 0 or -errno.

    optval: struct sock_fprog (how many instructions there are, a pointer). A pointer means nothing
    here: callers append the instructions to the 16 bytes. -EINVAL for one that could do harm.
    """
    count = int.from_bytes(optval[:2], "little")
    if len(optval) < bpf.SOCK_FPROG_LEN or not 0 < count <= bpf.BPF_MAXINSNS:
        return -errno.EINVAL
    raw = optval[bpf.SOCK_FPROG_LEN :]
    size = count * bpf.SOCK_FILTER_LEN
    if len(raw) != size:
        nowhere = not raw and any(optval[8:16])  # no instructions came with a pointer
        return -errno.EFAULT if nowhere else -errno.EINVAL
    if size > sk.sk_net.core.optmem_max:
        return -errno.ENOMEM
    insns = [
        parse_insn(raw[at : at + bpf.SOCK_FILTER_LEN]) for at in range(0, size, bpf.SOCK_FILTER_LEN)
    ]
    err = sk_chk_filter(insns)
    if err:
        return err
    sk.sk_filter = BpfFilter(insns, sk.sk_protocol)
    return 0


def parse_insn(raw: bytes) -> Insn:
    """struct sock_filter"""
    return int.from_bytes(raw[:2], "little"), raw[2], raw[3], int.from_bytes(raw[4:8], "little")


# ---- checking


def sk_chk_filter(insns: list[Insn]) -> int:
    """0 if the program is sound, else -EINVAL."""
    n = len(insns)
    for pc, (code, jt, jf, k) in enumerate(insns):
        if code not in CODES:
            return -errno.EINVAL
        if code == DIVIDE_BY_K and k == 0:
            return -errno.EINVAL
        if (code in LOADS or code in STORES) and k >= bpf.BPF_MEMWORDS:
            return -errno.EINVAL
        # What is left to jump over; a jump backwards would be a huge number here.
        if code == JUMP and k >= n - pc - 1:
            return -errno.EINVAL
        if is_condition(code) and (pc + jt + 1 >= n or pc + jf + 1 >= n):
            return -errno.EINVAL
    if n == 0 or insns[-1][0] not in RETURNS:
        return -errno.EINVAL
    return check_load_and_stores(insns)


def is_condition(code: int) -> bool:
    """A jump that compares."""
    return code & bpf.BPF_CLASS_MASK == bpf.BPF_JMP and code != JUMP


def check_load_and_stores(insns: list[Insn]) -> int:
    """-EINVAL if a word of memory may be read on some way before it was written, else 0.

    Jumps go forward only, so what is surely written at an instruction is known when it is reached:
    the words that are written on every way to it.
    """
    everything = (1 << bpf.BPF_MEMWORDS) - 1
    sure = [everything] * (len(insns) + 1)  # by every jump that was seen to lead there
    valid = 0
    for pc, (code, jt, jf, k) in enumerate(insns):
        valid &= sure[pc]
        if code in STORES:
            valid |= 1 << k
        elif code in LOADS:
            if not valid >> k & 1:
                return -errno.EINVAL
        elif code == JUMP:
            sure[pc + 1 + k] &= valid
            valid = everything
        elif is_condition(code):
            sure[pc + 1 + jt] &= valid
            sure[pc + 1 + jf] &= valid
            valid = everything
    return 0


# ---- running


def sk_run_filter(skb: SkBuff, insns: list[Insn]) -> int:
    """How many bytes of skb to keep. insns has passed sk_chk_filter()."""
    try:
        return run(skb, insns)
    except DropPacketError:
        return 0


def run(skb: SkBuff, insns: list[Insn]) -> int:
    """The machine."""
    a = x = pc = 0
    memory = [0] * bpf.BPF_MEMWORDS
    while True:
        code, jt, jf, k = insns[pc]
        pc += 1
        kind = code & bpf.BPF_CLASS_MASK
        if kind == bpf.BPF_LD:
            a = load(skb, code, k, a, x, memory)
        elif kind == bpf.BPF_LDX:
            x = load_index(skb, code, k, memory)
        elif kind == bpf.BPF_ST:
            memory[k] = a
        elif kind == bpf.BPF_STX:
            memory[k] = x
        elif kind == bpf.BPF_ALU:
            a = compute(code, a, x if code & bpf.BPF_X else k)
        elif kind == bpf.BPF_JMP:
            if code == JUMP:
                pc += k
            else:
                pc += jt if holds(code, a, x if code & bpf.BPF_X else k) else jf
        elif kind == bpf.BPF_RET:
            return k if code & bpf.BPF_RVAL_MASK == bpf.BPF_K else a
        elif code & bpf.BPF_MISCOP_MASK == bpf.BPF_TAX:
            x = a
        else:
            a = x


def compute(code: int, a: int, operand: int) -> int:
    """A after an instruction of the class ALU."""
    match code & bpf.BPF_OP_MASK:
        case bpf.BPF_ADD:
            return a + operand & U32
        case bpf.BPF_SUB:
            return a - operand & U32
        case bpf.BPF_MUL:
            return a * operand & U32
        case bpf.BPF_DIV:
            if operand == 0:
                raise DropPacketError
            return a // operand
        case bpf.BPF_AND:
            return a & operand
        case bpf.BPF_OR:
            return a | operand
        case bpf.BPF_LSH:
            return a << (operand & 31) & U32  # as the processor shifts
        case bpf.BPF_RSH:
            return a >> (operand & 31)
    return -a & U32


def holds(code: int, a: int, operand: int) -> bool:
    """Does a comparison come true?"""
    match code & bpf.BPF_OP_MASK:
        case bpf.BPF_JEQ:
            return a == operand
        case bpf.BPF_JGT:
            return a > operand
        case bpf.BPF_JGE:
            return a >= operand
    return a & operand != 0


def load(skb: SkBuff, code: int, k: int, a: int, x: int, memory: list[int]) -> int:
    """A after an instruction of the class LD."""
    mode = code & bpf.BPF_MODE_MASK
    if mode == bpf.BPF_IMM:
        return k
    if mode == bpf.BPF_MEM:
        return memory[k]
    if mode == bpf.BPF_LEN:
        return skb.len
    size = SIZE_OF[code & bpf.BPF_SIZE_MASK]
    if mode == bpf.BPF_IND:
        return load_packet(skb, signed(x + k & U32), size)
    offset = signed(k)
    extra = offset - bpf.SKF_AD_OFF
    if 0 <= extra < bpf.SKF_AD_MAX and extra % 4 == 0:
        return load_ancillary(skb, extra, a, x)
    return load_packet(skb, offset, size)


def load_index(skb: SkBuff, code: int, k: int, memory: list[int]) -> int:
    """X after an instruction of the class LDX."""
    mode = code & bpf.BPF_MODE_MASK
    if mode == bpf.BPF_IMM:
        return k
    if mode == bpf.BPF_MEM:
        return memory[k]
    if mode == bpf.BPF_LEN:
        return skb.len
    return (load_packet(skb, signed(k), 1) & 0xF) << 2  # MSH: an IP header's length


def signed(value: int) -> int:
    """What 32 bits mean with a sign."""
    return value - 2 * (value & SIGN)


def load_packet(skb: SkBuff, offset: int, size: int) -> int:
    """size bytes in network order: from data, or with SKF_NET_OFF and SKF_LL_OFF from a header."""
    if offset >= 0:
        word = bytearray(size)
        if skb_copy_bits(skb, offset, word, 0, size):
            raise DropPacketError
        return int.from_bytes(word, "big")
    if offset >= bpf.SKF_AD_OFF:
        raise DropPacketError
    if offset >= bpf.SKF_NET_OFF:
        at = skb.network_header + offset - bpf.SKF_NET_OFF
    elif offset >= bpf.SKF_LL_OFF:
        at = skb.mac_header + offset - bpf.SKF_LL_OFF
    else:
        raise DropPacketError
    if at < 0 or at + size > skb.tail:
        raise DropPacketError
    return int.from_bytes(skb.shinfo.head[at : at + size], "big")


def load_ancillary(skb: SkBuff, extra: int, a: int, x: int) -> int:
    """What is known of a packet and stands nowhere in it."""
    dev = skb.dev
    match extra:
        case bpf.SKF_AD_PROTOCOL:
            return skb.protocol
        case bpf.SKF_AD_PKTTYPE:
            return skb.pkt_type
        case bpf.SKF_AD_MARK:
            return skb.mark & U32
        case bpf.SKF_AD_QUEUE:
            return skb.queue_mapping
        case bpf.SKF_AD_RXHASH:
            return skb.rxhash
        case bpf.SKF_AD_CPU:
            return this_cpu().id
        case bpf.SKF_AD_NLATTR:
            return find_nlattr(skb, a, skb.len, x)
        case bpf.SKF_AD_NLATTR_NEST:
            length = nla_len(skb, a)
            if length > skb.len - a:
                raise DropPacketError
            return find_nlattr(skb, a + NLA_HDRLEN, a + length, x)
    if dev is None:
        raise DropPacketError
    return dev.ifindex if extra == bpf.SKF_AD_IFINDEX else dev.type


def find_nlattr(skb: SkBuff, at: int, end: int, wanted: int) -> int:
    """Where the netlink attribute of that type begins between at and end; 0 if nowhere."""
    if skb.data_len or at > skb.len - NLA_HDRLEN:
        raise DropPacketError
    while end - at >= NLA_HDRLEN:
        length = nla_len(skb, at)
        if length < NLA_HDRLEN or length > end - at:
            return 0
        kind = byte_at(skb, at + 2) | byte_at(skb, at + 3) << 8
        if kind & netlink.NLA_TYPE_MASK == wanted:
            return at
        at += length + 3 & ~3
    return 0


def nla_len(skb: SkBuff, at: int) -> int:
    """The length in an attribute's header."""
    if skb.data_len or at > skb.len - NLA_HDRLEN:
        raise DropPacketError
    return byte_at(skb, at) | byte_at(skb, at + 1) << 8


def byte_at(skb: SkBuff, offset: int) -> int:
    """One byte of the packet."""
    return load_packet(skb, offset, 1)


def filter_init() -> None:
    """Let sockets have filters."""
    register_filter_ops(BpfOps())
