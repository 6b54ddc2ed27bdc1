"""RAM, DMA mappings, receive slabs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import softnet.arch.const as const
from softnet.machine.memory import DmaError, Memory


def test_coherent_memory_is_shared_and_zero() -> None:
    memory = Memory()
    addr = memory.alloc_coherent(4096, "ring")
    assert addr % const.PAGE_SIZE == 0
    assert addr != 0
    assert memory.dma_read(addr + 16, 8) == bytes(8)
    memory.dma_write(addr + 16, b"descript")
    buf = memory.coherent_buf(addr)
    assert buf[16:24] == b"descript"
    buf[0:2] = b"ok"
    assert memory.dma_read(addr, 2) == b"ok"
    assert memory.coherent_buf(addr) is buf


def test_areas_do_not_overlap_and_are_reused() -> None:
    memory = Memory()
    a, b = memory.alloc_coherent(5000), memory.alloc_coherent(1)
    assert b >= a + 5000
    memory.free_coherent(a)
    assert memory.alloc_coherent(4097) == a
    with pytest.raises(DmaError):
        memory.free_coherent(b + 16)


def test_overruns_of_coherent_memory_are_found() -> None:
    memory = Memory()
    addr = memory.alloc_coherent(100)
    for bad in (
        lambda: memory.dma_read(addr + 90, 11),
        lambda: memory.dma_write(addr + 99, b"xx"),
        lambda: memory.dma_read(addr + 100, 1),
        lambda: memory.dma_read(addr + 2 * const.PAGE_SIZE, 1),
        lambda: memory.dma_read(0, 1),
    ):
        with pytest.raises(DmaError):
            bad()


def test_ram_can_run_out() -> None:
    memory = Memory(1 << 20)
    assert memory.alloc_coherent(1 << 19) > 0
    assert memory.alloc_coherent(1 << 19) == -1
    assert memory.map_failures == 1


def test_tables_are_sized_by_the_pretended_ram_alone() -> None:
    memory = Memory()
    assert memory.totalram_pages() == 131072
    before = memory.nr_free_buffer_pages()
    memory.alloc_coherent(1 << 20)
    assert memory.nr_free_buffer_pages() == before == 126976
    with pytest.raises(ValueError, match="RAM"):
        Memory(1000)


def test_a_mapping_shows_the_device_a_piece_of_a_buffer() -> None:
    memory = Memory()
    addr = memory.dma_map_single(b"0123456789", 2, 5, const.DMA_TO_DEVICE)
    assert memory.dma_read(addr, 5) == b"23456"
    assert memory.dma_read(addr + 3, 2) == b"56"
    with pytest.raises(DmaError, match="overrun"):
        memory.dma_read(addr + 3, 3)
    with pytest.raises(DmaError, match="direction"):
        memory.dma_write(addr, b"x")
    memory.dma_unmap_single(addr)
    with pytest.raises(DmaError, match="no mapping"):
        memory.dma_read(addr, 1)
    with pytest.raises(DmaError, match="not mapped"):
        memory.dma_unmap_single(addr)


def test_a_device_writes_into_a_mapped_bytearray() -> None:
    memory = Memory()
    buf = bytearray(10)
    addr = memory.dma_map_single(buf, 4, 4, const.DMA_FROM_DEVICE)
    memory.dma_write(addr + 1, b"abc")
    assert buf == b"\0\0\0\0\0abc\0\0"
    with pytest.raises(DmaError, match="direction"):
        memory.dma_read(addr, 1)
    with pytest.raises(DmaError, match="start"):
        memory.dma_unmap_single(addr + 1)


def test_mapping_checks_its_arguments() -> None:
    memory = Memory()
    for args in ((b"abc", 0, 0), (b"abc", 1, 3), (b"abc", -1, 2)):
        with pytest.raises(AssertionError):
            memory.dma_map_single(*args, const.DMA_TO_DEVICE)
    with pytest.raises(AssertionError):
        memory.dma_map_single(b"abc", 0, 3, const.DMA_FROM_DEVICE)


def test_the_map_is_bounded_and_slots_are_reused() -> None:
    memory = Memory()
    memory.map_max = 2
    a = memory.dma_map_single(b"a", 0, 1, const.DMA_TO_DEVICE)
    b = memory.dma_map_single(b"b", 0, 1, const.DMA_TO_DEVICE)
    assert memory.dma_map_single(b"c", 0, 1, const.DMA_TO_DEVICE) == -1
    assert (memory.map_failures, memory.mapped) == (1, 2)
    memory.dma_unmap_single(a)
    assert memory.dma_map_single(b"c", 0, 1, const.DMA_TO_DEVICE) == a
    assert memory.dma_read(a, 1) + memory.dma_read(b, 1) == b"cb"


def test_injected_faults_fail_mappings() -> None:
    memory = Memory()
    slab = memory.alloc_rx_slab(4, 2048)
    memory.fail = lambda: True
    assert memory.dma_map_single(b"a", 0, 1, const.DMA_TO_DEVICE) == -1
    assert memory.alloc_coherent(10) == -1
    assert slab.post(0) == -1
    assert memory.map_failures == 3
    memory.fail = None
    assert slab.post(0) == slab.base


def test_a_receive_buffer_comes_to_exist_when_the_device_writes() -> None:
    memory = Memory()
    slab = memory.alloc_rx_slab(256, 2048, headroom=66, tailroom=10, tag="rx")
    addrs = [slab.post(i) for i in range(256)]
    assert slab.written == 0
    assert slab.posted_count() == 256
    memory.dma_write(addrs[5], b"frame")
    memory.dma_write(addrs[5] + 5, b" two")
    assert slab.written == 1
    assert slab.index(addrs[5]) == 5
    assert memory.dma_read(addrs[5], 9) == b"frame two"
    head = slab.take(5)
    assert len(head) == 66 + 2048 + 10
    assert head[66:75] == b"frame two"
    assert slab.written == 0
    assert slab.post(5) == addrs[5]
    memory.dma_write(addrs[5], b"other")
    assert head[66:75] == b"frame two", "the buffer was given away"


def test_misuse_of_receive_buffers_is_found() -> None:
    memory = Memory()
    slab = memory.alloc_rx_slab(4, 2048, tag="rx")
    addr = slab.post(1)
    with pytest.raises(AssertionError):
        slab.post(1)
    with pytest.raises(AssertionError):
        slab.take(0)
    with pytest.raises(DmaError, match="not posted"):
        memory.dma_write(slab.base, b"x")
    with pytest.raises(DmaError, match="overrun"):
        memory.dma_write(addr, bytes(2049))
    with pytest.raises(DmaError, match="no receive buffer"):
        memory.dma_write(slab.base + 4 * 2048, b"x")
    with pytest.raises(DmaError, match="no memory"):
        memory.dma_write(slab.base + (1 << 30), b"x")
    with pytest.raises(AssertionError):
        memory.free_rx_slab(slab)
    slab.unpost(1)
    memory.free_rx_slab(slab)
    with pytest.raises(DmaError):
        memory.dma_write(addr, b"x")


def test_a_buffer_taken_without_a_frame_is_zeros() -> None:
    slab = Memory().alloc_rx_slab(1, 64, headroom=2)
    slab.post(0)
    assert slab.take(0) == bytes(66)


def test_leaks_are_listed() -> None:
    memory = Memory()
    assert memory.leaks() == []
    addr = memory.alloc_coherent(9000, "tx ring")
    mapped = memory.dma_map_single(b"abc", 0, 3, const.DMA_TO_DEVICE)
    slab = memory.alloc_rx_slab(2, 64, tag="rx")
    slab.post(1)
    assert memory.leaks() == [
        "coherent tx ring: 9000 bytes",
        "mapping 0x100000000: 3 bytes",
        "slab rx: 1 of 2 posted",
    ]
    slab.unpost(1)
    memory.free_rx_slab(slab)
    memory.dma_unmap_single(mapped)
    memory.free_coherent(addr)
    assert memory.leaks() == []


def test_slabs_have_their_own_addresses() -> None:
    memory = Memory()
    a, b = memory.alloc_rx_slab(256, 2048), memory.alloc_rx_slab(256, 2048)
    assert abs(a.base - b.base) >= 256 * 2048
    memory.free_rx_slab(a)
    assert memory.alloc_rx_slab(8, 64).base == a.base


@given(st.binary(min_size=1, max_size=300), st.data())
def test_what_is_written_is_read(data: bytes, draw: st.DataObject) -> None:
    memory = Memory()
    off = draw.draw(st.integers(0, 50))
    buf = bytearray(400)
    addrs = [
        memory.alloc_coherent(400) + off,
        memory.dma_map_single(buf, 10, 390, const.DMA_BIDIRECTIONAL) + off,
        memory.alloc_rx_slab(3, 400, headroom=7).post(2) + off,
    ]
    for addr in addrs:
        memory.dma_write(addr, data)
        assert memory.dma_read(addr, len(data)) == data
    assert buf[10 + off : 10 + off + len(data)] == data
