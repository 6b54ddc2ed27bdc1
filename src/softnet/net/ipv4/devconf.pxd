cimport cython
from softnet.arch.types cimport i64
from softnet.structs.inetdevice cimport InDevice, Ipv4Devconf

cpdef i64 in_dev_forward(InDevice in_dev) except? -1
cpdef bint in_dev_mforward(InDevice in_dev) except? -1
cpdef i64 in_dev_rpfilter(InDevice in_dev) except? -1
cpdef bint in_dev_src_vmark(InDevice in_dev) except? -1
cpdef bint in_dev_source_route(InDevice in_dev) except? -1
cpdef bint in_dev_accept_local(InDevice in_dev) except? -1
cpdef bint in_dev_bootp_relay(InDevice in_dev) except? -1
cpdef bint in_dev_log_martians(InDevice in_dev) except? -1
cpdef bint in_dev_proxy_arp(InDevice in_dev) except? -1
cpdef i64 in_dev_proxy_arp_pvlan(InDevice in_dev) except? -1
cpdef bint in_dev_shared_media(InDevice in_dev) except? -1
cpdef bint in_dev_tx_redirects(InDevice in_dev) except? -1
cpdef bint in_dev_sec_redirects(InDevice in_dev) except? -1
cpdef i64 in_dev_idtag(InDevice in_dev) except? -1
cpdef i64 in_dev_medium_id(InDevice in_dev) except? -1
cpdef bint in_dev_promote_secondaries(InDevice in_dev) except? -1
@cython.locals(every=i64, own=i64)
cpdef bint in_dev_rx_redirects(InDevice in_dev) except? -1
cpdef bint in_dev_arpfilter(InDevice in_dev) except? -1
cpdef bint in_dev_arp_accept(InDevice in_dev) except? -1
cpdef i64 in_dev_arp_announce(InDevice in_dev) except? -1
cpdef i64 in_dev_arp_ignore(InDevice in_dev) except? -1
cpdef i64 in_dev_arp_notify(InDevice in_dev) except? -1
cdef Ipv4Devconf all_conf(InDevice in_dev)
