cimport cython
cimport softnet.uapi.e1000 as hw
from softnet.arch.types cimport i64
from softnet.machine.bus cimport Mmio, PciDevice
from softnet.machine.cable cimport CablePort, Port
from softnet.machine.irq cimport IrqLine
from softnet.machine.machine cimport Machine
from softnet.machine.nic.e1000_core cimport Counters, Interrupts
from softnet.machine.nic.e1000_rx cimport RxEngine
from softnet.machine.nic.e1000_tx cimport TxEngine
from softnet.machine.nic.packet_ids cimport PacketIds

cdef class E1000Nic


cdef class E1000Jack(CablePort):
    cdef public E1000Nic nic


cdef class E1000Nic(Mmio):
    cdef public Machine machine
    cdef public PciDevice pdev
    cdef public IrqLine line
    cdef public Port port
    cdef public E1000Jack jack
    cdef public object phy, eeprom
    cdef public dict regs
    cdef public Counters stats
    cdef public Interrupts irq
    cdef public PacketIds ids
    cdef public TxEngine tx
    cdef public RxEngine rx
    cdef public bint link_up
