cimport cython
cimport softnet.arch.const as const
cimport softnet.arch.mem as mem
cimport softnet.uapi.poll as poll
cimport softnet.uapi.socket as socket
cimport softnet.uapi.tcp as tcp
from softnet.arch.types cimport i64
from softnet.kernel.hrtimer cimport Hrtimer
from softnet.structs.inet_connection_sock cimport (
    InetConnectionSock,
    init_inet_connection_sock,
)
from softnet.structs.net_namespace cimport Net
from softnet.structs.netns_tcp cimport NetnsTcp
from softnet.structs.request_sock cimport TcpRequestSock
from softnet.structs.skbuff cimport SkBuff, SkBuffHead
from softnet.structs.sock cimport Proto, new_skb_head
from softnet.structs.tcp_rack cimport TcpRack
from softnet.structs.tcp_rate cimport TcpRate
from softnet.structs.tcp_ucopy cimport TcpUcopy

cdef class TcpSackBlock
cdef class TcpOptionsReceived
cdef class TcpCongestionOps
cdef class TcpSock


@cython.final
cdef class TcpSackBlock:
    cdef public i64 start_seq, end_seq


@cython.final
@cython.freelist(64)
cdef class TcpOptionsReceived:
    cdef public i64 ts_recent_stamp, ts_recent, rcv_tsval, rcv_tsecr
    cdef public bint saw_tstamp, tstamp_ok, dsack, wscale_ok
    cdef public i64 sack_ok, snd_wscale, rcv_wscale, num_sacks, user_mss, mss_clamp
    cpdef int clear(self) except -1


cdef class TcpCongestionOps:
    cdef public str name
    cdef public bint non_restricted, rtt_stamp, wants_rate
    cpdef void init(self, TcpSock tp) except *
    cpdef void release(self, TcpSock tp) except *
    cpdef i64 ssthresh(self, TcpSock tp) except? -1
    cpdef i64 min_cwnd(self, TcpSock tp) except? -1
    cpdef void cong_avoid(self, TcpSock tp, i64 ack, i64 in_flight) except *
    cpdef void set_state(self, TcpSock tp, i64 new_state) except *
    cpdef void cwnd_event(self, TcpSock tp, i64 ev) except *
    cpdef i64 undo_cwnd(self, TcpSock tp) except? -1
    cpdef void pkts_acked(self, TcpSock tp, i64 num_acked, i64 rtt_us) except *
    cpdef void cong_control(self, TcpSock tp, TcpRate rate) except *
    cpdef tuple get_info(self, TcpSock tp, i64 ext)


@cython.final
cdef class TcpSock(InetConnectionSock):
    cdef public NetnsTcp sysctl
    cdef public TcpCongestionOps icsk_ca_ops
    cdef public i64 tcp_header_len, xmit_size_goal_segs, pred_flags, rcv_nxt, copied_seq
    cdef public i64 rcv_wup, snd_nxt, snd_una, snd_sml, rcv_tstamp, lsndtime, snd_wl1, snd_wnd
    cdef public i64 max_window, mss_cache, window_clamp, rcv_ssthresh, frto_highmark, advmss
    cdef public i64 frto_counter, nonagle
    cdef public bint thin_lto, thin_dupack
    cdef public i64 srtt, mdev, mdev_max, rttvar, rtt_seq, packets_out, retrans_out, urg_data
    cdef public i64 ecn_flags, reordering, snd_up, keepalive_probes
    cdef public TcpOptionsReceived rx_opt
    cdef public i64 snd_ssthresh, snd_cwnd, snd_cwnd_cnt, snd_cwnd_clamp, snd_cwnd_used
    cdef public i64 snd_cwnd_stamp, prior_cwnd, prr_delivered, prr_out, rcv_wnd, write_seq
    cdef public i64 pushed_seq, lost_out, sacked_out, fackets_out, tso_deferred, bytes_acked
    cdef public SkBuff lost_skb_hint, scoreboard_skb_hint, retransmit_skb_hint, highest_sack
    cdef public SkBuffHead out_of_order_queue
    cdef public TcpSackBlock duplicate_sack
    cdef public list selective_acks, recv_sack_cache
    cdef public i64 lost_cnt_hint, retransmit_high, lost_retrans_low, prior_ssthresh, high_seq
    cdef public i64 retrans_stamp, undo_marker, undo_retrans, total_retrans, urg_seq
    cdef public i64 keepalive_time, keepalive_intvl, linger2, rcv_rtt_est_rtt, rcv_rtt_est_seq
    cdef public i64 rcv_rtt_est_time, rcvq_space, rcvq_space_seq, rcvq_space_time
    cdef public i64 mtu_probe_seq_start, mtu_probe_seq_end, last_oow_ack_time
    cdef public dict md5sig_info
    cdef public bytes md5_key
    cdef public i64 notsent_lowat, tsq_flags
    cdef public object fastopen_req
    cdef public TcpRequestSock fastopen_rsk
    cdef public bint syn_fastopen, syn_data, syn_data_acked
    cdef public i64 delivery, tlp_high_seq
    cdef public bint tlp_retrans
    cdef public TcpRack rack
    cdef public TcpRate rate
    cdef public Hrtimer pacing_timer
    cdef public bint fastopen_connect
    cdef public TcpUcopy ucopy
    cdef public object zerocopy
    cpdef bint is_sack(self) except -1
    cpdef bint is_reno(self) except -1
    cpdef bint is_fack(self) except -1
    cpdef i64 left_out(self) except? -1
    cpdef i64 packets_in_flight(self) except? -1
    cpdef bint in_initial_slowstart(self) except -1
    cpdef i64 wnd_end(self) except? -1
    cpdef i64 receive_window(self) except? -1
    cpdef bint urg_mode(self) except -1
    cpdef SkBuff send_head(self)
    cpdef i64 win_from_space(self, i64 space) except? -1
    cpdef i64 space(self) except? -1
    cpdef i64 full_space(self) except? -1
    cpdef int enter_quickack(self, i64 count) except -1
    cpdef int dec_quickack_mode(self, i64 pkts) except -1
    cpdef int ecn_queue_cwr(self) except -1
    cpdef int fast_path_on(self, i64 snd_wnd) except -1
    cpdef int fast_path_check(self) except -1
    cpdef int clear_retrans(self) except -1
    cpdef int clear_all_retrans_hints(self) except -1

cpdef i64 window_part(i64 space, i64 scale) noexcept
@cython.locals(opt=TcpOptionsReceived)
cpdef TcpOptionsReceived new_tcp_options()
cpdef int init_tcp_options(TcpOptionsReceived opt) except -1
@cython.locals(tp=TcpSock)
cpdef TcpSock new_tcp_sock(Proto prot, Net net, i64 family)
cpdef int init_tcp_sock(TcpSock tp, Proto prot, Net net, i64 family) except -1

cdef list NO_SACKS
