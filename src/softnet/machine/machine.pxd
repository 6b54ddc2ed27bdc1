cimport cython
from softnet.arch.types cimport i64
from softnet.machine.bus cimport Bus
from softnet.machine.cpu cimport Board, Cpu
from softnet.machine.entropy cimport RandomStream
from softnet.machine.irq cimport IrqController
from softnet.machine.memory cimport Memory


cdef class Machine(Board):
    cdef public IrqController irq
    cdef public Memory memory
    cdef public Bus bus
