# The C twin of time_.py: edit that file, then run tools/gen_const_pxd.py.

cdef enum:
    CLOCK_REALTIME = 0
    CLOCK_MONOTONIC = 1
    CLOCK_PROCESS_CPUTIME_ID = 2
    CLOCK_THREAD_CPUTIME_ID = 3
    CLOCK_MONOTONIC_RAW = 4
    CLOCK_REALTIME_COARSE = 5
    CLOCK_MONOTONIC_COARSE = 6
    CLOCK_BOOTTIME = 7
    TIMER_ABSTIME = 1
    USER_HZ = 100
    TIMEVAL_LEN = 16
    TIMESPEC_LEN = 16
