cimport cython
from softnet.arch.types cimport i64
from softnet.structs.sock cimport ProtoMem
from softnet.structs.tcp cimport TcpCongestionOps

cdef class NetnsTcp


@cython.final
cdef class NetnsTcp:
    cdef public i64 timestamps, window_scaling, sack, retrans_collapse, syn_retries
    cdef public i64 synack_retries, max_orphans, keepalive_time, keepalive_probes
    cdef public i64 keepalive_intvl, retries1, retries2, fin_timeout, syncookies, tw_reuse
    cdef public i64 abort_on_overflow, stdurg, rfc1337, max_syn_backlog, orphan_retries, fack
    cdef public i64 reordering, ecn, dsack
    cdef public list mem, wmem, rmem
    cdef public i64 app_win, adv_win_scale, frto, frto_response, low_latency, no_metrics_save
    cdef public i64 moderate_rcvbuf, tso_win_divisor, abc, mtu_probing, base_mss
    cdef public i64 workaround_signed_windows, slow_start_after_idle, max_ssthresh
    cdef public i64 thin_linear_timeouts, thin_dupack, cookie_size, challenge_ack_limit
    cdef public i64 notsent_lowat, limit_output_bytes, fastopen
    cdef public i64 early_retrans, recovery, pacing_ss_ratio, pacing_ca_ratio
    cdef public TcpCongestionOps congestion_control
    cdef public list cong_allowed, cong_available
    cdef public bint rfc5961
    cdef public i64 min_snd_mss, challenge_timestamp, challenge_count
    cdef public ProtoMem accounts
    cdef public bytes syncookie_secret, isn_secret
    cdef public bint synflood_warned
    cdef public object tsq
    cdef public bytes fastopen_key
    cdef public dict fastopen_cache
