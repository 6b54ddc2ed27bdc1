"""Offloads: which a device may have at once, which are on, which one packet may use.

Linux: netdev_fix_features(), netif_skb_features(), dev_disable_lro() … of net/core/dev.c

    hw_features      what the user may switch
    wanted_features  what the user switched on, of hw_features
    features         what is on: the fixed part and what of wanted_features passed the checks

skb_gso_ok() answers whether a device can cut a super-packet itself; netif_needs_gso() whether
the stack must do it first.
"""

from __future__ import annotations

import softnet.arch.const as const
import softnet.arch.mem as mem
import softnet.uapi.if_ether as if_ether
import softnet.uapi.if_vlan as if_vlan
from softnet.kernel.printk import printk
from softnet.net.core.dev.netdev_chain import call_netdevice_notifiers
from softnet.net.core.rtnl import ASSERT_RTNL
from softnet.structs.netdevice import NetDevice
from softnet.structs.skbuff import SkBuff

IP_AND_IPV6_CSUM = const.NETIF_F_IP_CSUM | const.NETIF_F_IPV6_CSUM


def netif_skb_features(skb: SkBuff) -> int:
    """The offloads of skb.dev that skb may use: no checksum offload of a protocol it cannot sum."""
    dev = skb.dev
    assert dev is not None
    protocol = skb.protocol
    features = dev.features
    tagged = protocol == if_ether.ETH_P_8021Q
    if tagged:
        protocol = mem.get16(skb.ptr, skb.data + if_ether.ETH_HLEN + 2)
    elif not skb.vlan_tci & if_vlan.VLAN_TAG_PRESENT:
        return harmonize_features(skb, protocol, features)
    features &= dev.vlan_features | const.NETIF_F_HW_VLAN_TX
    if tagged:
        features &= (
            const.NETIF_F_SG
            | const.NETIF_F_HIGHDMA
            | const.NETIF_F_FRAGLIST
            | const.NETIF_F_GEN_CSUM
            | const.NETIF_F_HW_VLAN_TX
        )
    return harmonize_features(skb, protocol, features)


def harmonize_features(skb: SkBuff, protocol: int, features: int) -> int:
    """Without checksum offload for protocol there is no scatter-gather either."""
    if not can_checksum_protocol(features, protocol):
        features &= ~(const.NETIF_F_ALL_CSUM | const.NETIF_F_SG)
    return features


def can_checksum_protocol(features: int, protocol: int) -> bool:
    """Can a device with features sum packets of protocol (EtherType)?"""
    if features & const.NETIF_F_GEN_CSUM:
        return True
    if protocol == if_ether.ETH_P_IP:
        return features & const.NETIF_F_IP_CSUM != 0
    if protocol == if_ether.ETH_P_IPV6:
        return features & const.NETIF_F_IPV6_CSUM != 0
    return protocol == if_ether.ETH_P_FCOE and features & const.NETIF_F_FCOE_CRC != 0


def net_gso_ok(features: int, gso_type: int) -> bool:
    """Can a device with features cut a packet of gso_type?"""
    wanted = gso_type << const.NETIF_F_GSO_SHIFT
    return features & wanted == wanted


def skb_gso_ok(skb: SkBuff, features: int) -> bool:
    """Can a device with features cut skb itself?"""
    sh = skb.shinfo
    if sh.frag_list is not None and not features & const.NETIF_F_FRAGLIST:
        return False
    wanted = sh.gso_type << const.NETIF_F_GSO_SHIFT
    return features & wanted == wanted


def netif_needs_gso(skb: SkBuff, features: int) -> bool:
    """Must the stack cut skb before the driver gets it?"""
    if skb.shinfo.gso_size == 0:
        return False
    return not skb_gso_ok(skb, features) or skb.ip_summed != const.CHECKSUM_PARTIAL


def skb_needs_linearize(skb: SkBuff, features: int) -> bool:
    """Has skb fragments that a device with features cannot gather?"""
    if skb.data_len == 0:
        return False
    sh = skb.shinfo
    if sh.frag_list is not None and not features & const.NETIF_F_FRAGLIST:
        return True
    return sh.nr_frags != 0 and not features & const.NETIF_F_SG


def netdev_fix_features(dev: NetDevice, features: int) -> int:
    """features without the combinations that make no sense."""
    if features & const.NETIF_F_HW_CSUM and features & IP_AND_IPV6_CSUM:
        printk(const.KERN_WARNING, f"{dev.name}: mixed HW and IP checksum settings.")
        features &= ~IP_AND_IPV6_CSUM
    if features & const.NETIF_F_NO_CSUM and features & (const.NETIF_F_HW_CSUM | IP_AND_IPV6_CSUM):
        printk(const.KERN_WARNING, f"{dev.name}: mixed no checksumming and other settings.")
        features &= ~(const.NETIF_F_HW_CSUM | IP_AND_IPV6_CSUM)
    # Gathering fragments is of no use when the stack must read every byte for the checksum.
    if features & const.NETIF_F_SG and not features & const.NETIF_F_ALL_CSUM:
        features &= ~const.NETIF_F_SG
    if features & const.NETIF_F_ALL_TSO and not features & const.NETIF_F_SG:
        features &= ~const.NETIF_F_ALL_TSO
    if features & const.NETIF_F_ALL_TSO == const.NETIF_F_TSO_ECN:
        features &= ~const.NETIF_F_TSO_ECN
    if features & const.NETIF_F_GSO and not features & const.NETIF_F_SG:
        features &= ~const.NETIF_F_GSO
    if features & const.NETIF_F_UFO:
        both = features & IP_AND_IPV6_CSUM == IP_AND_IPV6_CSUM
        if not (features & const.NETIF_F_GEN_CSUM or both):
            features &= ~const.NETIF_F_UFO
        if not features & const.NETIF_F_SG:
            features &= ~const.NETIF_F_UFO
    return features


def update_features(dev: NetDevice) -> bool:
    """__netdev_update_features(): bring dev.features to what is wanted; did it change?"""
    ASSERT_RTNL(dev.nd_net)
    wanted = dev.features & ~dev.hw_features | dev.wanted_features & dev.hw_features
    features = netdev_fix_features(dev, dev.ndo_fix_features(wanted))
    if features == dev.features:
        return False
    error = dev.ndo_set_features(features)
    if error < 0:
        printk(
            const.KERN_ERR,
            f"{dev.name}: set_features() failed ({error}); "
            f"wanted 0x{features:08x}, left 0x{dev.features:08x}",
        )
        return True  # the driver left something else behind: tell everybody
    if error == 0:
        dev.features = features
    return True


def netdev_update_features(dev: NetDevice) -> None:
    """Recompute dev's features and tell NETDEV_FEAT_CHANGE if they changed. RTNL."""
    if update_features(dev):
        netdev_features_change(dev)


def netdev_features_change(dev: NetDevice) -> None:
    """dev's features are not what they were."""
    call_netdevice_notifiers(const.NETDEV_FEAT_CHANGE, dev)


def dev_set_features(dev: NetDevice, mask: int, wanted: int) -> bool:
    """ethtool -K: make the features in mask what they are in wanted; could all be had?

    Features outside hw_features raise nothing and change nothing.
    """
    ASSERT_RTNL(dev.nd_net)
    mask &= dev.hw_features
    dev.wanted_features = dev.wanted_features & ~mask | wanted & mask
    netdev_update_features(dev)
    return (wanted ^ dev.features) & mask == 0


def dev_disable_lro(dev: NetDevice) -> None:
    """Packets that LRO merged cannot be forwarded: switch it off."""
    dev.wanted_features &= ~const.NETIF_F_LRO
    netdev_update_features(dev)
    if dev.features & const.NETIF_F_LRO:
        printk(const.KERN_WARNING, f"{dev.name}: failed to disable LRO!")
