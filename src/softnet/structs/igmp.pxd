cimport cython
from softnet.arch.types cimport i64
from softnet.structs.inetdevice cimport InDevice
from softnet.kernel.timer cimport Timer

@cython.final
cdef class IpSfList:
    cdef public i64 sf_inaddr
    cdef public list sf_count
    cdef public bint sf_gsresp, sf_oldin
    cdef public i64 sf_crcount

@cython.final
cdef class IpMcList:
    cdef public InDevice interface
    cdef public i64 multiaddr, sfmode
    cdef public dict sources, tomb
    cdef public list sfcount
    cdef public i64 users
    cdef public Timer timer
    cdef public bint tm_running, reporter
    cdef public i64 unsolicit_count
    cdef public bint loaded, gsquery
    cdef public i64 crcount

@cython.final
cdef class IpMcSocklist:
    cdef public i64 imr_multiaddr, imr_address, imr_ifindex, sfmode
    cdef public list sflist

@cython.locals(im=IpMcList, psf=IpSfList)
cpdef bint ip_check_mc(InDevice in_dev, i64 mc_addr, i64 src_addr, i64 proto) except? -1
