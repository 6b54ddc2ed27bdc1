"""e1000: Intel's 82540EM PCI gigabit NIC, the near side of machine/nic/e1000.py.

    e1000.py          struct e1000_adapter and its two rings [e1000.h]
    e1000_main.py     probe, open, close, interrupt, poll, and all other ndo_* operations
    e1000_tx.py       e1000_xmit_frame() and e1000_clean_tx_irq()
    e1000_rx.py       e1000_clean_rx_irq() and e1000_alloc_rx_buffers()
    e1000_itr.py      how often to interrupt
    e1000_hw.py       what takes several registers: reset, EEPROM, PHY, address filter
    e1000_param.py    the module's parameters and their bounds
    e1000_ethtool.py  ethtool -i -S -g -c -d …

Linux: drivers/net/ethernet/intel/e1000. Its work-arounds for errata of silicon that is not
simulated here are left out. Read e1000_main.py first, from E1000Napi.poll().
"""
