"""e1000's parameters: what `modprobe e1000 TxDescriptors=… ` could set, with its bounds.

Linux: drivers/net/ethernet/intel/e1000/e1000_param.c
"""

from __future__ import annotations

DEFAULT_TXD = 256
MIN_TXD = 80
MAX_TXD = 4096
DEFAULT_RXD = 256
MIN_RXD = 80
MAX_RXD = 4096
REQ_DESCRIPTOR_MULTIPLE = 8
DEFAULT_TIDV = 8
DEFAULT_TADV = 32
DEFAULT_RDTR = 0
DEFAULT_RADV = 8
MIN_ITR = 100  # interrupts a second; below 10 the value is a mode
MAX_ITR = 100_000
ITR_OFF = 0
ITR_DYNAMIC = 1  # from 4000 to 70000 a second, whatever suits the traffic
ITR_CONSERVATIVE = 3  # the same, but not above 20000
START_ITR = 20_000
COPYBREAK_DEFAULT = 256  # bytes: shorter frames are copied out of the receive buffer


class E1000Params:
    """The parameters of one adapter, as they are by default."""

    __slots__ = (
        "copybreak",
        "itr",
        "itr_setting",
        "rx_abs_int_delay",
        "rx_count",
        "rx_int_delay",
        "tx_abs_int_delay",
        "tx_count",
        "tx_int_delay",
    )

    tx_count: int
    rx_count: int
    tx_int_delay: int
    tx_abs_int_delay: int
    rx_int_delay: int
    rx_abs_int_delay: int
    itr: int
    itr_setting: int
    copybreak: int

    def __init__(self) -> None:
        self.tx_count = DEFAULT_TXD
        self.rx_count = DEFAULT_RXD
        self.tx_int_delay = DEFAULT_TIDV
        self.tx_abs_int_delay = DEFAULT_TADV
        self.rx_int_delay = DEFAULT_RDTR
        self.rx_abs_int_delay = DEFAULT_RADV
        self.copybreak = COPYBREAK_DEFAULT
        self.itr = START_ITR
        self.itr_setting = ITR_CONSERVATIVE

    def set_itr(self, value: int) -> bool:
        """InterruptThrottleRate: 0 off, 1 and 3 dynamic, else interrupts a second; False if it
        makes no sense, with nothing changed."""
        if value == ITR_OFF:
            self.itr = 0
            self.itr_setting = 0
        elif value in (ITR_DYNAMIC, ITR_CONSERVATIVE):
            self.itr = START_ITR
            self.itr_setting = value
        elif MIN_ITR <= value <= MAX_ITR:
            self.itr = value
            # The low bits say which mode: a fixed rate must not look like a dynamic one.
            self.itr_setting = value & ~3
        else:
            return False
        return True


def ring_size(count: int, least: int, most: int) -> int:
    """A ring of count descriptors, brought into bounds and to a multiple of 8."""
    count = min(max(count, least), most)
    return (count + REQ_DESCRIPTOR_MULTIPLE - 1) // REQ_DESCRIPTOR_MULTIPLE * 8
