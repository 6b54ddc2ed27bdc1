"""Benchmarks: softnet beside the kernel's loopback, in one process and one run.

    make bench            all of them, compiled with -O3
    python -m bench udp   one

Only ratios are evidence: each round lets every peer take its turn, and the median of the rounds'
ratios is what counts. Both sides run the same Python code on the public socket API, one thread,
non-blocking; receive buffers are page-aligned for both, as a copy to an address 1 to 31 bytes
above its source modulo 4096 is many times slower on some processors.
"""
