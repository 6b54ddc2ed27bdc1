cimport cython
from softnet.arch.types cimport i64


@cython.final
cdef class NetDeviceStats:
    cdef public i64 rx_packets, tx_packets, rx_bytes, tx_bytes, rx_errors, tx_errors
    cdef public i64 rx_dropped, tx_dropped, multicast, collisions, rx_length_errors
    cdef public i64 rx_over_errors, rx_crc_errors, rx_frame_errors, rx_fifo_errors
    cdef public i64 rx_missed_errors, tx_aborted_errors, tx_carrier_errors, tx_fifo_errors
    cdef public i64 tx_heartbeat_errors, tx_window_errors, rx_compressed, tx_compressed
