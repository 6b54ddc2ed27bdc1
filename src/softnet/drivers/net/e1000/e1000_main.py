"""e1000: probe, open and close, interrupt and poll, the link, and the other ndo_* operations.

Linux: drivers/net/ethernet/intel/e1000/e1000_main.c

    e1000_intr    mask, schedule the napi
    e1000_clean   the poll: take back what was sent, receive, and when dry unmask
    watchdog      after a link interrupt: carrier on or off

Read E1000Napi.poll() first, then open and up, then e1000_tx.py and e1000_rx.py.

Differs from Linux: the watchdog runs when the link changed or a buffer could not be had, not every
two seconds: counters are fetched when somebody asks for them. It runs at once, not a jiffy later,
so that whoever starts after a device was opened finds it with its carrier.
"""

from __future__ import annotations

import errno

import softnet.arch.const as const
import softnet.kernel.trace as trace
import softnet.uapi.e1000 as regs
import softnet.uapi.if_ as if_
from softnet.drivers.net.e1000.e1000 import (
    E1000_DOWN,
    E1000_RESETTING,
    E1000Adapter,
    E1000RxRing,
    E1000TxRing,
)
from softnet.drivers.net.e1000.e1000_ethtool import E1000EthtoolOps
from softnet.drivers.net.e1000.e1000_hw import (
    e1000_has_link,
    e1000_init_hw,
    e1000_power_down_phy,
    e1000_power_up_phy,
    e1000_rar_clear,
    e1000_rar_set,
    e1000_read_mac_addr,
    e1000_reset_hw,
    e1000_validate_eeprom_checksum,
    e1000_write_mta,
)
from softnet.drivers.net.e1000.e1000_itr import e1000_set_itr
from softnet.drivers.net.e1000.e1000_rx import (
    RX_HEADROOM,
    e1000_alloc_rx_buffers,
    e1000_clean_rx_irq,
    e1000_clean_rx_ring,
)
from softnet.drivers.net.e1000.e1000_stats import e1000_update_stats
from softnet.drivers.net.e1000.e1000_tx import (
    e1000_clean_tx_irq,
    e1000_clean_tx_ring,
    e1000_xmit_frame,
)
from softnet.kernel.printk import printk
from softnet.kernel.workqueue import (
    DelayedWork,
    Work,
    cancel_delayed_work,
    schedule_delayed_work,
    schedule_work,
)
from softnet.machine.bus import PciDevice, PciDriver
from softnet.machine.irq import IrqAction, IrqController
from softnet.machine.machine import Machine
from softnet.machine.nic.packet_ids import PacketIds
from softnet.net.core.dev.napi import (
    NAPI_POLL_WEIGHT,
    napi_complete,
    napi_disable,
    napi_enable,
    netif_napi_add,
)
from softnet.net.core.dev.poll_list import napi_schedule_claimed, napi_schedule_prep
from softnet.net.core.dev.queue import (
    netif_carrier_ok,
    netif_running,
    netif_start_queue,
    netif_tx_stop_all_queues,
    netif_wake_queue,
)
from softnet.net.core.dev.registry import register_netdev, unregister_netdev
from softnet.net.core.link_watch import netif_carrier_off, netif_carrier_on
from softnet.net.ethernet.eth import eth_validate_addr, ether_setup, is_valid_ether_addr
from softnet.structs.net_namespace import Net
from softnet.structs.netdev_stats import NetDeviceStats
from softnet.structs.netdevice import Napi
from softnet.structs.skbuff import SkBuff

DRV_NAME = "e1000"
ETH_HEADER_AND_FCS = 18
MINIMUM_ETHERNET_FRAME_SIZE = 64
MAX_JUMBO_FRAME_SIZE = 0x3F00
MAXIMUM_ETHERNET_VLAN_SIZE = 1522  # buffer for frames of the usual MTU
# A receive buffer with what stands around it is as large as a head of alloc_skb(2048), less its
# skb_shared_info: freed, it serves others.
HEAD_2048 = 2048 - const.SIZEOF_SKB_SHARED_INFO
WATCHDOG_TIMEO = 5 * const.HZ
RETRY_BUFFERS = 2 * const.HZ  # jiffies until the watchdog looks for buffers again


class E1000Intr(IrqAction):
    """The interrupt handler."""

    __slots__ = ("adapter",)

    adapter: E1000Device

    def __init__(self, adapter: E1000Device) -> None:
        IrqAction.__init__(self, adapter.name, adapter)
        self.adapter = adapter

    def handler(self, irq: int) -> int:
        """e1000_intr()"""
        return e1000_intr(self.adapter)


def e1000_intr(adapter: E1000Device) -> int:
    """Mask the card and have it polled; a link change goes to the watchdog."""
    icr = adapter.io.readl(regs.E1000_ICR)
    if icr == 0 or adapter.adapter_flags & 1 << E1000_DOWN:
        return const.IRQ_NONE
    if trace.e1000_intr.enabled:
        trace.e1000_intr.fire(None, adapter.name)
    if icr & (regs.E1000_ICR_RXSEQ | regs.E1000_ICR_LSC):
        link_interrupt(adapter)
    adapter.io.writel(regs.E1000_IMC, const.U32_MAX)
    if napi_schedule_prep(adapter.napi):
        adapter.total_tx_bytes = 0
        adapter.total_tx_packets = 0
        adapter.total_rx_bytes = 0
        adapter.total_rx_packets = 0
        napi_schedule_claimed(adapter.napi)
    elif not adapter.adapter_flags & 1 << E1000_DOWN:
        e1000_irq_enable(adapter)
    return const.IRQ_HANDLED


def link_interrupt(adapter: E1000Device) -> None:
    """The link may have changed: the watchdog looks."""
    adapter.hw.get_link_status = True
    schedule_delayed_work(adapter.watchdog, 0)


def watch_buffers(adapter: E1000Device) -> None:
    """Descriptors are left without a buffer: the watchdog looks again in a while."""
    if not adapter.watchdog.pending:
        schedule_delayed_work(adapter.watchdog, RETRY_BUFFERS)


class E1000Napi(Napi):
    """The device's napi."""

    __slots__ = ("adapter",)

    adapter: E1000Device

    def __init__(self, adapter: E1000Device) -> None:
        Napi.__init__(self, adapter, NAPI_POLL_WEIGHT)
        self.adapter = adapter

    def poll(self, budget: int) -> int:
        """e1000_clean(): receive at most budget frames and say how many.

        Answering budget means "there may be more": the napi stays on the poll list and the card
        masked. Answering less means that the rings ran dry, and the card is unmasked: what came in
        between has left its bit in ICR and interrupts at once.
        """
        adapter = self.adapter
        if trace.e1000_clean.enabled:
            trace.e1000_clean.fire(None, adapter.name)
        sent_all = e1000_clean_tx_irq(adapter)
        work = e1000_clean_rx_irq(adapter, budget)
        if not sent_all:
            work = budget
        if work < budget:
            if adapter.itr_setting & 3:
                e1000_set_itr(adapter)
            napi_complete(self)
            if not adapter.adapter_flags & 1 << E1000_DOWN:
                e1000_irq_enable(adapter)
        if adapter.rx_ring.unused():
            watch_buffers(adapter)
        return work

    def irq_armed(self) -> int:
        """Is any cause unmasked?"""
        return 1 if self.adapter.io.readl(regs.E1000_IMS) else 0


def e1000_irq_enable(adapter: E1000Adapter) -> None:
    """Unmask what the driver serves."""
    if trace.e1000_irq_enable.enabled:
        trace.e1000_irq_enable.fire(None, adapter.name)
    adapter.io.writel(regs.E1000_IMS, regs.IMS_ENABLE_MASK)


def e1000_irq_disable(adapter: E1000Adapter) -> None:
    """Mask everything."""
    adapter.io.writel(regs.E1000_IMC, const.U32_MAX)


class E1000Watchdog(DelayedWork):
    """adapter->watchdog_task"""

    __slots__ = ("adapter",)

    adapter: E1000Device

    def __init__(self, adapter: E1000Device) -> None:
        DelayedWork.__init__(self)
        self.adapter = adapter

    def func(self) -> None:
        """e1000_watchdog(): the link, and buffers that could not be had."""
        self.adapter.look_after()


class E1000ResetTask(Work):
    """adapter->reset_task"""

    __slots__ = ("adapter",)

    adapter: E1000Device

    def __init__(self, adapter: E1000Device) -> None:
        Work.__init__(self)
        self.adapter = adapter

    def func(self) -> None:
        """e1000_reset_task(): what is in the rings is lost."""
        if not self.adapter.adapter_flags & 1 << E1000_DOWN:
            self.adapter.reinit()


class E1000Device(E1000Adapter):
    """One port: struct net_device and struct e1000_adapter in one."""

    __slots__ = ("irq_action", "reset_task", "watchdog")

    watchdog: E1000Watchdog
    reset_task: E1000ResetTask
    irq_action: E1000Intr

    def __init__(self, net: Net, pdev: PciDevice, machine: Machine, ids: PacketIds) -> None:
        E1000Adapter.__init__(self, "eth%d", pdev, machine.memory, ids)
        self.nd_net = net
        ether_setup(self)
        self.watchdog_timeo = WATCHDOG_TIMEO
        self.priv_flags |= if_.IFF_UNICAST_FLT
        self.hw_features = (
            const.NETIF_F_SG | const.NETIF_F_HW_CSUM | const.NETIF_F_TSO | const.NETIF_F_RXCSUM
        )
        self.features = self.hw_features | const.NETIF_F_HIGHDMA
        self.vlan_features = const.NETIF_F_TSO | const.NETIF_F_HW_CSUM | const.NETIF_F_SG
        self.irq = pdev.irq
        self.rx_buffer_len = MAXIMUM_ETHERNET_VLAN_SIZE
        self.ethtool_ops = E1000EthtoolOps()
        self.napi = E1000Napi(self)
        self.watchdog = E1000Watchdog(self)
        self.reset_task = E1000ResetTask(self)
        self.irq_action = E1000Intr(self)

    # ---- up and down

    def ndo_open(self) -> int:
        """e1000_open(): rings, card, interrupt; the link interrupt then starts the watchdog."""
        if trace.e1000_open.enabled:
            trace.e1000_open.fire(None, self.name)
        netif_carrier_off(self)
        error = self.setup_resources()
        if error:
            return error
        e1000_power_up_phy(self.hw)
        self.configure()
        self.irqs().request_irq(self.irq, self.irq_action, self.name)
        self.adapter_flags &= ~(1 << E1000_DOWN)
        napi_enable(self.napi)
        e1000_irq_enable(self)
        netif_start_queue(self)
        self.io.writel(regs.E1000_ICS, regs.E1000_ICR_LSC)
        return 0

    def ndo_stop(self) -> int:
        """e1000_close()"""
        if trace.e1000_close.enabled:
            trace.e1000_close.fire(None, self.name)
        if not self.adapter_flags & 1 << E1000_DOWN:
            self.go_down()
        e1000_power_down_phy(self.hw)
        self.irqs().free_irq(self.irq, self.irq_action)
        self.free_resources()
        return 0

    def irqs(self) -> IrqController:
        """The machine's interrupt lines."""
        bus = self.pdev.bus
        assert bus is not None
        return bus.irqs

    def setup_resources(self) -> int:
        """e1000_setup_all_tx_resources() and _rx_: memory for the rings; 0 or -ENOMEM."""
        tx = self.tx_ring
        rx = self.rx_ring
        if trace.e1000_setup_all_tx_resources.enabled:
            trace.e1000_setup_all_tx_resources.fire(None, self.name)
        tx.dma = self.memory.alloc_coherent(tx.count * regs.E1000_DESC_LEN, self.name + " tx ring")
        if tx.dma < 0:
            tx.dma = 0
            return -errno.ENOMEM
        tx.forget()
        if trace.e1000_setup_all_rx_resources.enabled:
            trace.e1000_setup_all_rx_resources.fire(None, self.name)
        rx.dma = self.memory.alloc_coherent(rx.count * regs.E1000_DESC_LEN, self.name + " rx ring")
        if rx.dma < 0:
            rx.dma = 0
            self.free_resources()
            return -errno.ENOMEM
        rx.back(self.memory)
        tailroom = HEAD_2048 - RX_HEADROOM - self.rx_buffer_len
        rx.slab = self.memory.alloc_rx_slab(
            rx.count, self.rx_buffer_len, RX_HEADROOM, max(tailroom, 0), self.name + " rx"
        )
        return 0

    def free_resources(self) -> None:
        """e1000_free_all_tx_resources() and _rx_"""
        tx = self.tx_ring
        rx = self.rx_ring
        if tx.dma:
            self.memory.free_coherent(tx.dma)
            tx.dma = 0
        tx.forget()
        if rx.slab is not None:
            self.memory.free_rx_slab(rx.slab)
            rx.slab = None
        if rx.dma:
            self.memory.free_coherent(rx.dma)
            rx.dma = 0
        rx.forget()

    def configure(self) -> None:
        """e1000_configure(): tell the card of the rings, filters and delays; give it buffers."""
        if trace.e1000_configure.enabled:
            trace.e1000_configure.fire(None, self.name)
        self.ndo_set_rx_mode()
        self.configure_tx()
        self.setup_rctl()
        self.configure_rx()
        e1000_alloc_rx_buffers(self, self.rx_ring.unused())

    def configure_tx(self) -> None:
        """e1000_configure_tx()"""
        ew32 = self.hw.ew32
        tx = self.tx_ring
        ew32(regs.E1000_TDLEN, tx.count * regs.E1000_DESC_LEN)
        ew32(regs.E1000_TDBAH, tx.dma >> 32)
        ew32(regs.E1000_TDBAL, tx.dma & const.U32_MAX)
        ew32(regs.E1000_TDH, 0)
        ew32(regs.E1000_TDT, 0)
        ipg = regs.DEFAULT_82543_TIPG_IPGR1 << 10 | regs.DEFAULT_82543_TIPG_IPGR2 << 20
        ew32(regs.E1000_TIPG, regs.DEFAULT_82543_TIPG_IPGT_COPPER | ipg)
        ew32(regs.E1000_TIDV, self.params.tx_int_delay)
        ew32(regs.E1000_TADV, self.params.tx_abs_int_delay)
        self.txd_cmd = regs.E1000_TXD_CMD_EOP | regs.E1000_TXD_CMD_IFCS | regs.E1000_TXD_CMD_RS
        if self.params.tx_int_delay:
            self.txd_cmd |= regs.E1000_TXD_CMD_IDE
        ew32(
            regs.E1000_TCTL,
            regs.E1000_TCTL_PSP
            | regs.E1000_TCTL_RTLC
            | regs.E1000_TCTL_EN
            | regs.E1000_COLLISION_THRESHOLD << regs.E1000_TCTL_CT_SHIFT
            | regs.E1000_COLLISION_DISTANCE << regs.E1000_TCTL_COLD_SHIFT,
        )

    def setup_rctl(self) -> None:
        """e1000_setup_rctl(): the size of the buffers, jumbo frames or not."""
        rctl = self.hw.er32(regs.E1000_RCTL)
        rctl &= ~(3 << regs.E1000_RCTL_MO_SHIFT | regs.E1000_RCTL_SZ_MASK | regs.E1000_RCTL_BSEX)
        rctl |= regs.E1000_RCTL_BAM | regs.E1000_RCTL_SECRC
        rctl &= ~(regs.E1000_RCTL_LPE | regs.E1000_RCTL_SBP)
        if self.mtu > 1500:
            rctl |= regs.E1000_RCTL_LPE
        if self.rx_buffer_len == 4096:
            rctl |= regs.E1000_RCTL_SZ_4096 | regs.E1000_RCTL_BSEX
        elif self.rx_buffer_len == 8192:
            rctl |= regs.E1000_RCTL_SZ_8192 | regs.E1000_RCTL_BSEX
        elif self.rx_buffer_len == 16384:
            rctl |= regs.E1000_RCTL_SZ_16384 | regs.E1000_RCTL_BSEX
        self.hw.ew32(regs.E1000_RCTL, rctl)

    def configure_rx(self) -> None:
        """e1000_configure_rx()"""
        ew32 = self.hw.ew32
        rx = self.rx_ring
        rctl = self.hw.er32(regs.E1000_RCTL)
        ew32(regs.E1000_RCTL, rctl & ~regs.E1000_RCTL_EN)
        ew32(regs.E1000_RDTR, self.params.rx_int_delay)
        ew32(regs.E1000_RADV, self.params.rx_abs_int_delay)
        self.write_itr()
        ew32(regs.E1000_RDLEN, rx.count * regs.E1000_DESC_LEN)
        ew32(regs.E1000_RDBAH, rx.dma >> 32)
        ew32(regs.E1000_RDBAL, rx.dma & const.U32_MAX)
        ew32(regs.E1000_RDT, 0)
        ew32(regs.E1000_RDH, 0)
        rxcsum = regs.E1000_RXCSUM_IPOFL | regs.E1000_RXCSUM_TUOFL if self.rx_csum else 0
        ew32(regs.E1000_RXCSUM, rxcsum)
        ew32(regs.E1000_RCTL, rctl | regs.E1000_RCTL_EN)

    def write_itr(self) -> None:
        """ITR in units of 256 ns between two interrupts; 0 for no limit."""
        itr = const.NSEC_PER_SEC // (self.itr * regs.E1000_ITR_NS) if self.itr else 0
        self.hw.ew32(regs.E1000_ITR, itr)

    def go_up(self) -> None:
        """e1000_up(): after a reset, with the rings there."""
        self.configure()
        self.adapter_flags &= ~(1 << E1000_DOWN)
        napi_enable(self.napi)
        e1000_irq_enable(self)
        netif_wake_queue(self)
        self.io.writel(regs.E1000_ICS, regs.E1000_ICR_LSC)

    def go_down(self) -> None:
        """e1000_down(): nothing is sent or received any more; the rings are emptied."""
        hw = self.hw
        hw.ew32(regs.E1000_RCTL, hw.er32(regs.E1000_RCTL) & ~regs.E1000_RCTL_EN)
        netif_tx_stop_all_queues(self)
        hw.ew32(regs.E1000_TCTL, hw.er32(regs.E1000_TCTL) & ~regs.E1000_TCTL_EN)
        self.adapter_flags |= 1 << E1000_DOWN
        napi_disable(self.napi)
        e1000_irq_disable(self)
        cancel_delayed_work(self.watchdog)
        self.link_speed = 0
        netif_carrier_off(self)
        self.reset()
        e1000_clean_tx_ring(self)
        e1000_clean_rx_ring(self)

    def reset(self) -> None:
        """e1000_reset(): the card as after power on, then initialised."""
        if netif_running(self):
            e1000_update_stats(self)
        e1000_reset_hw(self.hw)
        if e1000_init_hw(self.hw):
            printk(const.KERN_ERR, f"{DRV_NAME} {self.name}: Hardware Error")

    def reinit(self) -> None:
        """e1000_reinit_locked(): down and up, as after a transmit timeout."""
        assert not self.adapter_flags & 1 << E1000_RESETTING
        self.adapter_flags |= 1 << E1000_RESETTING
        self.go_down()
        self.go_up()
        self.adapter_flags &= ~(1 << E1000_RESETTING)

    # ---- the link

    def look_after(self) -> None:
        """e1000_watchdog()"""
        if trace.e1000_watchdog.enabled:
            trace.e1000_watchdog.fire(None, self.name)
        if self.adapter_flags & 1 << E1000_DOWN:
            return
        link = e1000_has_link(self.hw)
        if link and not netif_carrier_ok(self):
            self.link_speed = 1000
            printk(
                const.KERN_INFO,
                f"{DRV_NAME}: {self.name} NIC Link is Up 1000 Mbps Full Duplex, "
                "Flow Control: RX/TX",
            )
            netif_carrier_on(self)
        elif not link and netif_carrier_ok(self):
            self.link_speed = 0
            printk(const.KERN_INFO, f"{DRV_NAME}: {self.name} NIC Link is Down")
            netif_carrier_off(self)
        if not netif_carrier_ok(self) and self.tx_ring.unused() + 1 < self.tx_ring.count:
            # The card holds what it cannot send, and nobody will ask for it again.
            self.tx_timeout_count += 1
            schedule_work(self.reset_task)
        elif self.rx_ring.unused():
            # Without buffers no frame comes that would make the poll look for some.
            self.io.writel(regs.E1000_ICS, regs.E1000_ICR_RXDMT0)

    # ---- the rest of net_device_ops

    def ndo_start_xmit(self, skb: SkBuff) -> int:
        """To e1000_xmit_frame()."""
        return e1000_xmit_frame(skb, self)

    def ndo_tx_timeout(self) -> None:
        """e1000_tx_timeout(): the queue did not move for 5 s."""
        if trace.e1000_tx_timeout.enabled:
            trace.e1000_tx_timeout.fire(None, self.name)
        self.tx_timeout_count += 1
        schedule_work(self.reset_task)

    def ndo_get_stats(self) -> NetDeviceStats:
        """e1000_get_stats()"""
        e1000_update_stats(self)
        return self.stats

    def ndo_validate_addr(self) -> int:
        """eth_validate_addr()"""
        return eth_validate_addr(self)

    def ndo_set_mac_address(self, addr: bytes) -> int:
        """e1000_set_mac(): also while up."""
        if not is_valid_ether_addr(addr):
            return -errno.EADDRNOTAVAIL
        self.dev_addr = addr
        self.hw.mac_addr = addr
        e1000_rar_set(self.hw, addr, 0)
        return 0

    def ndo_set_rx_mode(self) -> None:
        """e1000_set_rx_mode(): promiscuity, secondary addresses, groups.

        Addresses fill the registers behind our own; groups that do not fit go into the hash table,
        unicast addresses that do not fit make the card promiscuous for unicast.
        """
        hw = self.hw
        rctl = hw.er32(regs.E1000_RCTL)
        rctl &= ~(regs.E1000_RCTL_UPE | regs.E1000_RCTL_MPE)
        use_uc = False
        if self.flags & if_.IFF_PROMISC:
            rctl |= regs.E1000_RCTL_UPE | regs.E1000_RCTL_MPE
        else:
            if self.flags & if_.IFF_ALLMULTI:
                rctl |= regs.E1000_RCTL_MPE
            use_uc = len(self.uc) <= regs.E1000_RAR_ENTRIES - 1
            if not use_uc:
                rctl |= regs.E1000_RCTL_UPE
        hw.ew32(regs.E1000_RCTL, rctl)
        i = 1
        if use_uc:
            for addr in self.uc:
                e1000_rar_set(hw, addr, i)
                i += 1
        hashed = []
        for addr in self.mc:
            if i < regs.E1000_RAR_ENTRIES:
                e1000_rar_set(hw, addr, i)
                i += 1
            else:
                hashed.append(addr)
        while i < regs.E1000_RAR_ENTRIES:
            e1000_rar_clear(hw, i)
            i += 1
        e1000_write_mta(hw, hashed)

    def ndo_change_mtu(self, new_mtu: int) -> int:
        """e1000_change_mtu(): 46 to 16110 bytes."""
        max_frame = new_mtu + ETH_HEADER_AND_FCS
        if not MINIMUM_ETHERNET_FRAME_SIZE <= max_frame <= MAX_JUMBO_FRAME_SIZE:
            printk(const.KERN_ERR, f"{DRV_NAME} {self.name}: Invalid MTU setting")
            return -errno.EINVAL
        length = MAXIMUM_ETHERNET_VLAN_SIZE
        if max_frame > MAXIMUM_ETHERNET_VLAN_SIZE:
            length = 4096
            while length < max_frame:
                length <<= 1
        return self.rebuild(new_mtu, length)

    def rebuild(self, mtu: int, rx_buffer_len: int) -> int:
        """Take a new MTU and the buffers for it; the device goes down and up. 0 or -ENOMEM."""
        if mtu != self.mtu:
            change = f"changing MTU from {self.mtu} to {mtu}"
            printk(const.KERN_INFO, f"{DRV_NAME}: {self.name} {change}")
        before = (self.mtu, self.rx_buffer_len)
        running = self.take_apart()
        self.mtu = mtu
        self.rx_buffer_len = rx_buffer_len
        error = self.put_together(running)
        if error:
            self.mtu, self.rx_buffer_len = before
        return error

    def resize_rings(self, tx_count: int, rx_count: int) -> int:
        """Rings of so many descriptors; the device goes down and up. 0 or -ENOMEM."""
        running = self.take_apart()
        self.tx_ring = E1000TxRing(tx_count)
        self.rx_ring = E1000RxRing(rx_count)
        return self.put_together(running)

    def take_apart(self) -> bool:
        """The device goes down and its rings away, if it is up: was it?"""
        running = netif_running(self)
        if running:
            self.go_down()
            self.free_resources()
        return running

    def put_together(self, running: bool) -> int:
        """Rings and up again. -ENOMEM leaves the device without rings and deaf; closing it, and
        opening it when there is memory, mends that."""
        if not running:
            self.reset()
            return 0
        error = self.setup_resources()
        if error == 0:
            self.go_up()
        return error

    def ndo_set_features(self, features: int) -> int:
        """e1000_set_features(): receive checksums on or off take a reset."""
        if not (features ^ self.features) & const.NETIF_F_RXCSUM:
            return 0
        self.rx_csum = features & const.NETIF_F_RXCSUM != 0
        if netif_running(self):
            self.reinit()
        else:
            self.reset()
        return 0


class E1000Driver(PciDriver):
    """e1000_driver"""

    __slots__ = ("machine", "net")

    machine: Machine
    net: Net

    def __init__(self, machine: Machine, net: Net) -> None:
        PciDriver.__init__(self, DRV_NAME, [(regs.E1000_VENDOR_ID, regs.E1000_DEV_ID_82540EM)])
        self.machine = machine
        self.net = net

    def probe(self, pdev: PciDevice) -> int:
        """e1000_probe(): a card was found; 0 or -errno."""
        if trace.e1000_probe.enabled:
            trace.e1000_probe.fire(None, pdev.slot_name)
        pdev.enable_device()
        pdev.set_master()
        ids = getattr(pdev.model, "ids", None)
        dev = E1000Device(self.net, pdev, self.machine, ids or PacketIds())
        e1000_reset_hw(dev.hw)
        if e1000_validate_eeprom_checksum(dev.hw) or e1000_read_mac_addr(dev.hw):
            printk(const.KERN_ERR, f"{DRV_NAME} {pdev.slot_name}: The EEPROM Checksum Is Not Valid")
            pdev.disable_device()
            return -errno.EIO
        dev.dev_addr = dev.hw.mac_addr
        dev.perm_addr = dev.hw.mac_addr
        if not is_valid_ether_addr(dev.dev_addr):
            printk(const.KERN_ERR, f"{DRV_NAME} {pdev.slot_name}: Invalid MAC Address")
            pdev.disable_device()
            return -errno.EIO
        netif_napi_add(dev, dev.napi)
        dev.reset()
        register_netdev(dev)
        netif_carrier_off(dev)
        pdev.driver_data = dev
        mac = dev.dev_addr.hex(":")
        printk(
            const.KERN_INFO, f"{DRV_NAME} {pdev.slot_name}: {dev.name}: (PCI:33MHz:32-bit) {mac}"
        )
        return 0

    def remove(self, pdev: PciDevice) -> None:
        """e1000_remove(): the card is pulled out."""
        dev = pdev.driver_data
        assert isinstance(dev, E1000Device)
        cancel_delayed_work(dev.watchdog)
        unregister_netdev(dev)


def e1000_net_init(net: Net) -> None:
    """e1000_init_module(): serve the cards of this host; they belong to its first namespace."""
    if net is net.nets[0] and isinstance(net.machine, Machine):
        net.machine.bus.register_driver(E1000Driver(net.machine, net))
