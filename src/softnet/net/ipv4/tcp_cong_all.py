"""The list of congestion control algorithms: a line for each that 3.2 comes with, and bbr.

Linux: net/ipv4/Kconfig ("TCP: advanced congestion control").
"""

from __future__ import annotations

from softnet.net.ipv4.tcp_bbr import tcp_bbr_init
from softnet.net.ipv4.tcp_bic import tcp_bic_init
from softnet.net.ipv4.tcp_cong import tcp_cong_init
from softnet.net.ipv4.tcp_cubic import tcp_cubic_init
from softnet.net.ipv4.tcp_highspeed import tcp_highspeed_init
from softnet.net.ipv4.tcp_htcp import tcp_htcp_init
from softnet.net.ipv4.tcp_hybla import tcp_hybla_init
from softnet.net.ipv4.tcp_illinois import tcp_illinois_init
from softnet.net.ipv4.tcp_lp import tcp_lp_init
from softnet.net.ipv4.tcp_scalable import tcp_scalable_init
from softnet.net.ipv4.tcp_vegas import tcp_vegas_init
from softnet.net.ipv4.tcp_veno import tcp_veno_init
from softnet.net.ipv4.tcp_westwood import tcp_westwood_init
from softnet.net.ipv4.tcp_yeah import tcp_yeah_init


def tcp_cong_register_all() -> None:
    """Reno, the default, and the rest in the order of Kconfig; what came later."""
    tcp_cong_init()
    tcp_bic_init()
    tcp_cubic_init()
    tcp_westwood_init()
    tcp_htcp_init()
    tcp_highspeed_init()
    tcp_hybla_init()
    tcp_vegas_init()
    tcp_scalable_init()
    tcp_lp_init()
    tcp_veno_init()
    tcp_yeah_init()
    tcp_illinois_init()
    tcp_bbr_init()  # 4.9
