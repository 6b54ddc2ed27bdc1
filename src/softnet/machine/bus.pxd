cimport cython
from softnet.arch.types cimport i64
from softnet.machine.cpu cimport Board
from softnet.machine.irq cimport IrqController, IrqLine

cdef class Bus
cdef class PciDriver


cdef class Mmio:
    cpdef i64 readl(self, i64 off) except? -1
    cpdef void writel(self, i64 off, i64 value) except *


cdef class PciDevice:
    cdef public i64 vendor, device, subsystem_vendor, subsystem_device, class_code, revision, devfn
    cdef public list bars
    cdef public Bus bus
    cdef public IrqLine line
    cdef public bint enabled, bus_master
    cdef public PciDriver driver
    cdef public object driver_data, model


cdef class PciDriver:
    cdef public str name
    cdef public list id_table

    cpdef i64 probe(self, PciDevice pdev) except? -1
    cpdef void remove(self, PciDevice pdev) except *


cdef class Bus:
    cdef public Board board
    cdef public IrqController irqs
    cdef public list devices, drivers
