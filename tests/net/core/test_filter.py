"""Classic BPF: what is refused, what a program does, and that none can do harm."""

from __future__ import annotations

import errno
import random

import pytest

import softnet.uapi.filter as bpf
from softnet.net.core.filter import CODES, Insn, sk_attach_filter, sk_chk_filter, sk_run_filter
from softnet.structs.netdevice import NetDevice
from softnet.structs.skbuff import SkBuff
from tests.kit.skbs import make_skb
from tests.kit.socks import SockWorld

EINVAL = -errno.EINVAL
LD_W = bpf.BPF_LD | bpf.BPF_W | bpf.BPF_ABS
LD_H = bpf.BPF_LD | bpf.BPF_H | bpf.BPF_ABS
LD_B = bpf.BPF_LD | bpf.BPF_B | bpf.BPF_ABS
LD_IND = bpf.BPF_LD | bpf.BPF_B | bpf.BPF_IND
LD_IMM = bpf.BPF_LD | bpf.BPF_IMM
LDX_IMM = bpf.BPF_LDX | bpf.BPF_IMM
LD_MEM = bpf.BPF_LD | bpf.BPF_MEM
LDX_MEM = bpf.BPF_LDX | bpf.BPF_MEM
LD_LEN = bpf.BPF_LD | bpf.BPF_W | bpf.BPF_LEN
MSH = bpf.BPF_LDX | bpf.BPF_B | bpf.BPF_MSH
TAX = bpf.BPF_MISC | bpf.BPF_TAX
TXA = bpf.BPF_MISC | bpf.BPF_TXA
JA = bpf.BPF_JMP | bpf.BPF_JA
JEQ = bpf.BPF_JMP | bpf.BPF_JEQ | bpf.BPF_K
RET_A = bpf.BPF_RET | bpf.BPF_A
RET_K = bpf.BPF_RET | bpf.BPF_K
ALU = bpf.BPF_ALU
U32 = 0xFFFFFFFF
PACKET = bytes(range(0x45, 0x45 + 40))


def k(code: int, value: int = 0, jt: int = 0, jf: int = 0) -> Insn:
    """One instruction."""
    return code, jt, jf, value & U32


def packet(data: bytes = PACKET) -> SkBuff:
    """An skb at whose data data begins, 14 bytes behind the link's header."""
    skb = make_skb(data, room=14)
    skb.mac_header = 0
    skb.network_header = 14
    return skb


def run(*insns: Insn, data: bytes = PACKET) -> int:
    """What a program makes of a packet."""
    program = list(insns)
    assert sk_chk_filter(program) == 0
    return sk_run_filter(packet(data), program)


def test_loads_are_in_network_order() -> None:
    assert run(k(LD_W, 0), k(RET_A)) == 0x45464748
    assert run(k(LD_H, 2), k(RET_A)) == 0x4748
    assert run(k(LD_B, 39), k(RET_A)) == 0x45 + 39
    assert run(k(LDX_IMM, 5), k(LD_IND, 2), k(RET_A)) == 0x45 + 7
    assert run(k(LD_LEN), k(RET_A)) == 40
    assert run(k(MSH, 0), k(TXA), k(RET_A)) == 20


@pytest.mark.parametrize(
    "insn",
    [
        k(LD_W, 37),
        k(LD_H, 39),
        k(LD_B, 40),
        k(LD_B, 0x7FFFFFFF),
        k(LD_B, -1),
        k(LD_W, bpf.SKF_AD_OFF + 100),
        k(LD_B, bpf.SKF_NET_OFF + 40),
        k(LD_B, bpf.SKF_LL_OFF + 100),
        k(LD_B, -0x80000000),
        k(MSH, 40),
        k(MSH, -1),
    ],
)
def test_a_load_outside_drops_the_packet(insn: Insn) -> None:
    assert run(insn, k(RET_K, U32)) == 0


def test_an_index_that_wraps_is_outside_too() -> None:
    assert run(k(LDX_IMM, U32), k(LD_IND, 0), k(RET_K, 1)) == 0
    assert run(k(LDX_IMM, U32), k(LD_IND, 1), k(RET_A)) == 0x45  # 2^32 is 0


def test_headers_before_the_packet() -> None:
    assert run(k(LD_B, bpf.SKF_NET_OFF), k(RET_A)) == 0x45
    assert run(k(LD_B, bpf.SKF_LL_OFF + 14), k(RET_A)) == 0x45
    assert run(k(LD_B, bpf.SKF_LL_OFF), k(RET_K, 7)) == 7


@pytest.mark.parametrize(
    ("op", "a", "operand", "result"),
    [
        (bpf.BPF_ADD, U32, 2, 1),
        (bpf.BPF_SUB, 1, 2, U32),
        (bpf.BPF_MUL, 1 << 31, 3, 1 << 31),
        (bpf.BPF_DIV, 7, 2, 3),
        (bpf.BPF_AND, 6, 3, 2),
        (bpf.BPF_OR, 6, 3, 7),
        (bpf.BPF_LSH, 3, 31, 1 << 31),
        (bpf.BPF_LSH, 3, 32, 3),
        (bpf.BPF_RSH, 1 << 31, 31, 1),
    ],
)
def test_arithmetic_has_32_bits(op: int, a: int, operand: int, result: int) -> None:
    assert run(k(LD_IMM, a), k(ALU | op | bpf.BPF_K, operand), k(RET_A)) == result
    by_x = (k(LD_IMM, a), k(LDX_IMM, operand), k(ALU | op | bpf.BPF_X), k(RET_A))
    assert run(*by_x) == result


def test_negation() -> None:
    assert run(k(LD_IMM, 1), k(ALU | bpf.BPF_NEG), k(RET_A)) == U32


def test_division_by_zero() -> None:
    assert sk_chk_filter([k(ALU | bpf.BPF_DIV | bpf.BPF_K, 0), k(RET_K)]) == EINVAL
    assert run(k(LD_IMM, 5), k(ALU | bpf.BPF_DIV | bpf.BPF_X), k(RET_K, 9)) == 0


@pytest.mark.parametrize(
    ("op", "a", "operand", "truth"),
    [
        (bpf.BPF_JEQ, 5, 5, True),
        (bpf.BPF_JEQ, 5, 6, False),
        (bpf.BPF_JGT, U32, 1, True),
        (bpf.BPF_JGT, 5, 5, False),
        (bpf.BPF_JGE, 5, 5, True),
        (bpf.BPF_JSET, 6, 2, True),
        (bpf.BPF_JSET, 6, 1, False),
    ],
)
def test_jumps(op: int, a: int, operand: int, truth: bool) -> None:
    jump = k(bpf.BPF_JMP | op | bpf.BPF_K, operand, 0, 1)
    assert run(k(LD_IMM, a), jump, k(RET_K, 1), k(RET_K, 2)) == (1 if truth else 2)


def test_memory_and_registers() -> None:
    program = (
        k(LD_IMM, 7),
        k(bpf.BPF_ST, 15),
        k(TAX),
        k(bpf.BPF_STX, 0),
        k(LD_MEM, 15),
        k(LDX_MEM, 0),
        k(ALU | bpf.BPF_ADD | bpf.BPF_X),
        k(RET_A),
    )
    assert run(*program) == 14


@pytest.mark.parametrize(
    "program",
    [
        [],
        [k(LD_IMM, 1)],  # runs off its end
        [k(RET_K), k(LD_IMM)],
        [k(JA, -1), k(RET_K)],  # backwards
        [k(JA, -2), k(RET_K)],
        [k(JA, 1), k(RET_K)],
        [k(JA, U32), k(RET_K)],
        [k(JEQ, 0, 1, 0), k(RET_K)],
        [k(JEQ, 0, 0, 255), k(RET_K)],
        [k(0xFFFF), k(RET_K)],
        [k(bpf.BPF_LD | bpf.BPF_B | bpf.BPF_MSH), k(RET_K)],
        [k(ALU | bpf.BPF_XOR), k(RET_K)],  # of a later kernel
        [k(ALU | bpf.BPF_MOD), k(RET_K)],
        [k(bpf.BPF_ST, 16), k(RET_K)],
        [k(LD_MEM, 16), k(RET_K)],
        [k(bpf.BPF_STX, U32), k(RET_K)],
        [k(LD_MEM, 0), k(RET_K)],  # never written
        [k(JEQ, 0, 1, 0), k(bpf.BPF_ST, 3), k(LD_MEM, 3), k(RET_K)],  # not on every way
    ],
)
def test_unsound_programs_are_refused(program: list[Insn]) -> None:
    assert sk_chk_filter(program) == EINVAL


def test_memory_that_every_way_writes_may_be_read() -> None:
    program = [
        k(JEQ, 0, 0, 2),
        k(bpf.BPF_ST, 3),
        k(JA, 1),
        k(bpf.BPF_ST, 3),
        k(LD_MEM, 3),
        k(RET_K, 1),
    ]
    assert sk_chk_filter(program) == 0


def test_what_is_known_of_a_packet() -> None:
    skb = packet()
    skb.protocol = 0x0800
    skb.mark = 77
    skb.pkt_type = 3

    def ask(extra: int) -> int:
        return sk_run_filter(skb, [k(LD_W, bpf.SKF_AD_OFF + extra), k(RET_A)])

    assert ask(bpf.SKF_AD_PROTOCOL) == 0x0800
    assert ask(bpf.SKF_AD_MARK) == 77
    assert ask(bpf.SKF_AD_PKTTYPE) == 3
    assert ask(bpf.SKF_AD_IFINDEX) == 0
    assert sk_run_filter(skb, [k(LD_W, bpf.SKF_AD_OFF + bpf.SKF_AD_HATYPE), k(RET_K, 1)]) == 0
    skb.dev = NetDevice("eth0")
    skb.dev.ifindex = 5
    assert ask(bpf.SKF_AD_IFINDEX) == 5


def test_netlink_attributes() -> None:
    data = bytes.fromhex("0500 0100 aa000000 0c00 0200 0600 0300 bbcc 0000")
    find = k(LD_W, bpf.SKF_AD_OFF + bpf.SKF_AD_NLATTR)
    nest = k(LD_W, bpf.SKF_AD_OFF + bpf.SKF_AD_NLATTR_NEST)
    assert run(k(LD_IMM, 0), k(LDX_IMM, 2), find, k(RET_A), data=data) == 8
    assert run(k(LD_IMM, 8), k(LDX_IMM, 3), nest, k(RET_A), data=data) == 12
    assert run(k(LD_IMM, 0), k(LDX_IMM, 9), find, k(RET_K, 5), data=data) == 5
    assert run(k(LD_IMM, 17), k(LDX_IMM, 2), find, k(RET_K, 5), data=data) == 0
    assert run(k(LD_IMM, U32), k(LDX_IMM, 2), nest, k(RET_K, 5), data=data) == 0


def test_attach_wants_the_whole_program() -> None:
    sk = SockWorld().sock()
    from_user = (1).to_bytes(2, "little") + bytes(6) + b"\1" * 8
    insn = RET_K.to_bytes(2, "little") + bytes(6)
    assert sk_attach_filter(sk, from_user + insn) == 0
    assert sk.sk_filter is not None
    assert sk_attach_filter(sk, from_user) == -errno.EFAULT
    assert sk_attach_filter(sk, from_user[:15]) == EINVAL
    assert sk_attach_filter(sk, bytes(16)) == EINVAL
    assert sk_attach_filter(sk, (1).to_bytes(2, "little") + bytes(14)) == EINVAL
    assert sk_attach_filter(sk, from_user + insn + b"x") == EINVAL
    assert sk_attach_filter(sk, (4097).to_bytes(2, "little") + bytes(14 + 8 * 4097)) == EINVAL
    assert sk_attach_filter(sk, (4096).to_bytes(2, "little") + bytes(14) + insn * 4096) == (
        -errno.ENOMEM
    )


def test_ten_thousand_random_programs_end() -> None:
    """Whatever passes the check runs to its end within as many steps as it has instructions."""
    chance = random.Random(1)
    codes = sorted(CODES)
    sound = 0
    for _ in range(10_000):
        n = chance.randrange(1, 12)
        program = [
            k(
                chance.choice(codes),
                chance.choice(
                    (0, 1, 2, 15, 16, 40, U32, bpf.SKF_AD_OFF + 12, chance.getrandbits(32))
                ),
                chance.randrange(4),
                chance.randrange(4),
            )
            for _ in range(n)
        ]
        program.append(k(chance.choice((RET_A, RET_K)), 5))
        if sk_chk_filter(program) == 0:
            sound += 1
            assert 0 <= sk_run_filter(packet(), program) <= U32
    assert sound > 500
