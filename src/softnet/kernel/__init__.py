"""What every part of the stack stands on: deferred work, time, sleep, locks, tunables, tracing.

    softirq.py      bottom halves: raise, serve, disable; ksoftirqd; tasklets
    timer.py        jiffies and the timer wheel        hrtimer.py    timers of one nanosecond
    sched.py        tasks are greenlets: spawn, schedule, wake, sleep
    wait.py         wait queues, wait_event()          workqueue.py  work that may sleep
    lock.py         locks that check instead of waiting; lockdep; the mutex, which does wait
    rcu.py          read-side sections, grace periods
    notifier.py     chains of callbacks                percpu.py     one of it per CPU
    random.py       the host's luck                    printk.py     the log that dmesg shows
    sysctl.py       tunables as rows                   trace.py      trace points by function name
    drop_reason.py  why a packet was dropped           tracepoint.py how trace points work
    boot.py         all of this on one machine

May import machine, wire, arch and uapi. It knows no packet. Read softirq.py first, then sched.py.
"""
