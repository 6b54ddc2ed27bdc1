cimport cython
cimport softnet.uapi.tcp as tcp
cimport softnet.arch.const as const
from softnet.arch.types cimport i64
from softnet.structs.netns_tcp cimport NetnsTcp
from softnet.structs.tcp cimport TcpSock

cdef i64 INIT_RCVWND_MSS

cpdef tuple tcp_select_initial_window(
    NetnsTcp sysctl, i64 rmem_max, i64 space, i64 mss, i64 window_clamp, bint wscale_ok, i64 init_rcv_wnd
)
cpdef i64 tcp_select_window(TcpSock tp) except? -1
cpdef i64 tcp_window_from_space(TcpSock tp) except? -1
