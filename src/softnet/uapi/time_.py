"""Clocks, and the units of time that user space sees.

Linux: include/linux/time.h, asm/param.h.
"""

CLOCK_REALTIME = 0
CLOCK_MONOTONIC = 1
CLOCK_PROCESS_CPUTIME_ID = 2
CLOCK_THREAD_CPUTIME_ID = 3
CLOCK_MONOTONIC_RAW = 4
CLOCK_REALTIME_COARSE = 5
CLOCK_MONOTONIC_COARSE = 6
CLOCK_BOOTTIME = 7
TIMER_ABSTIME = 0x01

USER_HZ = 100  # clock ticks a second wherever user space is shown jiffies
TIMEVAL_LEN = 16  # bytes on x86-64
TIMESPEC_LEN = 16
