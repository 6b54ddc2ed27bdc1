"""Programs from start to exit."""

from __future__ import annotations

import os
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from softnet.usr import api as usr
from tests.usr.test_sockets import udp


def test_an_idle_pool_does_not_keep_a_program_alive(bench: Any) -> None:
    def program() -> int:
        executor = ThreadPoolExecutor(2)
        return executor.submit(lambda: 7).result()

    assert bench.run(program) == 7


def test_a_program_waits_for_its_threads_but_not_for_daemons(bench: Any) -> None:
    done = []

    def program() -> None:
        threading.Thread(target=lambda: (time.sleep(3), done.append("thread"))).start()
        daemon = threading.Thread(target=lambda: (time.sleep(9), done.append("daemon")))
        daemon.daemon = True
        daemon.start()

    bench.run(program)
    assert done == ["thread"]
    assert bench.now() == pytest.approx(3, abs=1e-3)


def test_an_exception_in_a_thread_names_host_and_time(bench: Any, capsys: Any) -> None:
    def program() -> None:
        def worker() -> None:
            time.sleep(1.5)
            raise ValueError("boom")

        t = threading.Thread(target=worker, name="worker")
        t.start()
        t.join()

    with pytest.MonkeyPatch.context() as m:  # pytest collects thread exceptions in its own hook
        m.setattr(threading, "excepthook", threading.__excepthook__)
        bench.run(program)
    err = capsys.readouterr().err
    assert "host 'h1', program, thread 'worker', at 1.500000 s of virtual time" in err
    assert "ValueError: boom" in err


def test_an_exception_of_the_main_function_is_the_result(bench: Any) -> None:
    def program() -> None:
        time.sleep(2)
        raise KeyError("nothing")

    with pytest.raises(KeyError) as caught:
        bench.run(program)
    assert "in h1/program, at 2.000000 s" in caught.value.__notes__[0]


def test_a_process_that_ends_closes_its_sockets(net: Any) -> None:
    kept = []

    def program() -> None:
        kept.append(udp(("127.0.0.1", 4445)))

    net.run(program)
    net.run(program)  # the port is free again
    for s in kept:
        s.detach()


def test_exit_ends_the_process_and_not_the_simulator(net: Any) -> None:
    def program() -> None:
        threading.Thread(target=time.sleep, args=(100,)).start()
        os._exit(3)

    process = net.start(program)
    net.world.run()
    assert process.finished()
    assert net.now() < 100


def test_a_script_is_main(net: Any, tmp_path: Any) -> None:
    (tmp_path / "beside.py").write_text("value = 42\n")
    script = tmp_path / "prog.py"
    script.write_text(
        "import sys, beside\n"
        "assert __name__ == '__main__'\n"
        "with open(sys.argv[1], 'w') as f:\n"
        "    f.write(f'{beside.value} {sys.argv[2:]}')\n"
        "sys.exit(3)\n"
    )
    argv, path = sys.argv, sys.path
    process = usr.run_path(net.network(), str(script), [str(tmp_path / "out"), "x"])
    net.world.run(predicate=process.finished)
    assert process.result() == 3
    assert (tmp_path / "out").read_text() == "42 ['x']"
    assert sys.argv is argv
    assert sys.path is path
    sys.modules.pop("beside", None)


def test_kill_ends_a_program_and_closes_its_sockets(net: Any) -> None:
    unwound = []

    def victim() -> None:
        with udp(("127.0.0.1", 4446)):
            threading.Thread(target=time.sleep, args=(50,)).start()
            try:
                time.sleep(100)
            finally:
                unwound.append(time.monotonic())

    def killer() -> None:
        time.sleep(1)
        process.kill()
        time.sleep(1)
        udp(("127.0.0.1", 4446)).close()

    process = net.start(victim)
    net.run(killer)
    assert process.finished()
    assert unwound == [1.0]
