"""What you could buy: a simulated computer, the clock it lives by and the cables between computers.

    event.py     integer nanoseconds, one event, the queue of events
    entropy.py   one random stream per host, per cable, per purpose: all from the seed
    cpu.py       CPUs, this_cpu(), the context (task, softirq, hardirq) that code runs in
    irq.py       interrupt lines, masking, affinity; interrupts from one CPU to another
    memory.py    RAM and DMA mappings that can fail
    bus.py       devices are discovered here and drivers bound to them
    machine.py   Machine: these parts on one board
    cable.py     rate, delay, jitter, loss, duplication, reordering, corruption
    clock.py     World: one clock, one event queue, many machines; the main loop
    nic/         the far side of a driver: models of network cards
    outside/     TAP, packet sockets, streams: the only code that touches the real world

May import wire, arch and uapi. It knows nothing of the kernel that runs on it: what the kernel
must do when an interrupt returns, it registers (cpu.SoftirqOps).
Read clock.py first, then machine.py.
"""
