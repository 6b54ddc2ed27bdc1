"""Socket filters (classic BPF): instruction encoding and ancillary data.

Linux: include/linux/filter.h.
"""

# Instruction classes
BPF_LD = 0x0
BPF_LDX = 0x1
BPF_ST = 0x2
BPF_STX = 0x3
BPF_ALU = 0x4
BPF_JMP = 0x5
BPF_RET = 0x6
BPF_MISC = 0x7
# sizes and modes of loads
BPF_W = 0x0
BPF_H = 0x8
BPF_B = 0x10
BPF_IMM = 0x0
BPF_ABS = 0x20
BPF_IND = 0x40
BPF_MEM = 0x60
BPF_LEN = 0x80
BPF_MSH = 0xA0
# operations of ALU and JMP
BPF_ADD = 0x0
BPF_SUB = 0x10
BPF_MUL = 0x20
BPF_DIV = 0x30
BPF_OR = 0x40
BPF_AND = 0x50
BPF_LSH = 0x60
BPF_RSH = 0x70
BPF_NEG = 0x80
BPF_JA = 0x0
BPF_JEQ = 0x10
BPF_JGT = 0x20
BPF_JGE = 0x30
BPF_JSET = 0x40
# operands
BPF_K = 0x0
BPF_X = 0x8
BPF_A = 0x10
BPF_TAX = 0x00
BPF_TXA = 0x80
BPF_MAXINSNS = 4096
BPF_MEMWORDS = 16
# masks that take an instruction's code apart
BPF_CLASS_MASK = 0x07
BPF_SIZE_MASK = 0x18
BPF_MODE_MASK = 0xE0
BPF_OP_MASK = 0xF0
BPF_SRC_MASK = 0x08
BPF_RVAL_MASK = 0x18
BPF_MISCOP_MASK = 0xF8
# after Linux 3.2
BPF_MOD = 0x90
BPF_XOR = 0xA0
SOCK_FILTER_LEN = 8  # bytes of struct sock_filter
SOCK_FPROG_LEN = 16  # bytes of struct sock_fprog on x86-64

# Loads at these negative offsets read what is not in the packet, or from a header
SKF_AD_OFF = -0x1000
SKF_NET_OFF = -0x100000
SKF_LL_OFF = -0x200000
SKF_AD_PROTOCOL = 0
SKF_AD_PKTTYPE = 4
SKF_AD_IFINDEX = 8
SKF_AD_NLATTR = 12
SKF_AD_NLATTR_NEST = 16
SKF_AD_MARK = 20
SKF_AD_QUEUE = 24
SKF_AD_HATYPE = 28
SKF_AD_RXHASH = 32
SKF_AD_CPU = 36
SKF_AD_MAX = 40
# after Linux 3.2
SKF_AD_ALU_XOR_X = 40
SKF_AD_VLAN_TAG = 44
SKF_AD_VLAN_TAG_PRESENT = 48
SKF_AD_PAY_OFFSET = 52
SKF_AD_RANDOM = 56
SKF_AD_VLAN_TPID = 60
