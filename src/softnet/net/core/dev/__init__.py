"""The device layer, net/core/dev.c: one file a section. Below every protocol, above every driver.

    netdev_chain.py the notifier chain: who is told of NETDEV_UP and the like
    registry.py     names and numbers, register_netdevice() to unregister_netdevice(), namespaces
    config.py       up and down, flags, promiscuity, MTU, addresses, statistics
    features.py     which offloads a device may have, and which one packet may use
    queue.py        what a driver calls to stop and wake its transmit queues
    taps.py         packet_type: who receives frames; taps
    xmit.py         dev_queue_xmit() to ndo_start_xmit(), GSO, net_tx_action()
    receive.py      netif_rx(), netif_receive_skb()
    rps.py          which CPU shall receive a packet
    poll_list.py    napi_schedule()
    gro.py          napi_gro_receive()
    napi.py         napi_complete(), net_rx_action(), and the backlog's poll
    init.py         net_dev_init()

May import net/core's skbuff, sch_generic and rtnl; link_watch and dev_addr_lists stand above. Read
xmit.py, then napi.py and receive.py.
"""
