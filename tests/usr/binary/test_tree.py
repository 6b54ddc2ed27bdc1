"""Threads, processes and signals of real programs: who runs, and when time passes."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

import softnet
from softnet.usr.api import EscapedError
from tests.kit.binaries import PYTHON, compiled, needs_trap

pytestmark = needs_trap

THREADS = r"""
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static int turn, pair[2];
static void *worker(void *which)
{
    long n = (long)which;
    pthread_mutex_lock(&lock);
    while (turn != n)
        pthread_cond_wait(&changed, &lock);
    sleep(n + 1);
    printf("%ld at %ld\n", n, (long)time(NULL) % 1000);
    turn = n + 1;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    if (n == 2) {
        usleep(500000);
        send(pair[1], "x", 1, 0);
    }
    return NULL;
}
int main(void)
{
    pthread_t t[3];
    struct timespec now;
    struct pollfd p;
    long i;
    socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
    for (i = 2; i >= 0; i--)
        pthread_create(&t[i], NULL, worker, (void *)i);
    p.fd = pair[0];
    p.events = POLLIN;
    i = poll(&p, 1, 4000);
    printf("poll %ld\n", i);
    i = poll(&p, 1, -1);
    syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    printf("poll %ld at %ld.%ld\n", i, (long)now.tv_sec, now.tv_nsec / 100000000);
    for (i = 0; i < 3; i++)
        pthread_join(t[i], NULL);
    return 7;
}
"""


@pytest.mark.parametrize("flags", [(), ("-static",)], ids=["dynamic", "static"])
def test_threads_of_a_c_program(tmp_path: Path, flags: tuple[str, ...]) -> None:
    program = compiled(tmp_path / "c", THREADS, *flags)
    with softnet.Lab() as lab:
        done = lab.host("h1").exec(program)
        assert done.returncode == 7
        assert done.stdout.splitlines() == [
            "0 at 601",
            "1 at 603",
            "poll 0",
            "2 at 606",
            "poll 1 at 7.5",
        ]


def shell(script: str) -> tuple[int, str, float]:
    """Exit code, output and virtual time of a shell's script."""
    with softnet.Lab(seed=1) as lab:
        done = lab.host("h1").exec("sh", "-c", script)
        return done.returncode, done.stdout + done.stderr, lab.now


def test_children_of_a_shell_run_side_by_side() -> None:
    script = "(sleep 2; echo two) & (sleep 1; echo one) & wait; sleep 1; echo done | cat"
    assert shell(script) == (0, "one\ntwo\ndone\n", 3.0)


def test_a_trap_runs_when_the_signal_comes() -> None:
    script = "trap 'echo caught' TERM; (sleep 2; kill -TERM $$) & sleep 5; echo over"
    assert shell(script) == (0, "caught\nover\n", 5.0)


def test_a_killed_child_shows_in_its_parents_status() -> None:
    said = {shell("sleep 9 & kill -9 $!; wait $!; echo $?") for _ in range(5)}
    assert len(said) == 1
    assert said.pop()[1].startswith("137\n")


def test_a_pipe_that_nobody_reads_ends_its_writer() -> None:
    assert shell("yes | head -n 2") == (0, "y\ny\n", 0.0)


def test_data_that_comes_with_a_signal_is_not_lost() -> None:
    """Each of these subshells reads a pipe while SIGCHLD comes."""
    script = "for i in 1 2 3 4 5; do X=$X$(echo a | cat); done; echo $X"
    with softnet.Lab() as lab:
        assert lab.host("h1").exec("bash", "-c", script).stdout == "aaaaa\n"


POOL = """
import multiprocessing, queue, threading, time
def square(x):
    time.sleep(x / 10)
    return x * x
with multiprocessing.get_context("fork").Pool(2) as pool:
    print(pool.map(square, range(4), 1), round(time.monotonic() - 1, 1))
"""


def test_processes_of_a_child_python_share_a_queue() -> None:
    """The pool's own threads look at ready files in a loop: others get their turn all the same."""
    with softnet.Lab() as lab:
        done = lab.host("h1").exec(PYTHON, "-c", POOL)
        assert (done.stdout, done.stderr) == ("[0, 1, 4, 9] 0.4\n", "")


def test_a_program_can_only_signal_its_own() -> None:
    script = "import os\ntry: os.kill(1, 0)\nexcept ProcessLookupError: print('nobody')"
    with softnet.Lab() as lab:
        assert lab.host("h1").exec(PYTHON, "-c", script).stdout == "nobody\n"


@pytest.mark.slow
def test_who_waits_outside_the_simulation_is_named(tmp_path: Path) -> None:
    script = (
        "import fcntl, os, sys\n"
        "a, b = open(sys.argv[1], 'w'), open(sys.argv[1], 'w')\n"
        "fcntl.flock(a, fcntl.LOCK_EX); fcntl.flock(b, fcntl.LOCK_EX)\n"
    )
    with softnet.Lab() as lab:
        begun = time.monotonic()
        with pytest.raises(EscapedError, match=r"host 'h1': python.* outside softnet: flock"):
            lab.host("h1").exec(PYTHON, "-c", script, str(tmp_path / "lock"))
        assert time.monotonic() - begun < 60
        assert lab.host("h2").exec("echo", "the lab goes on").stdout == "the lab goes on\n"


def test_nothing_is_left_behind() -> None:
    with softnet.Lab() as lab:
        child = lab.host("h1").popen("sh", "-c", "sleep 1000 & sleep 1000")
        lab.run_for("1s")
        pids = list(child.tree.procs)
        assert len(pids) == 3
    assert not [pid for pid in pids if alive(pid)]


def alive(pid: int) -> bool:
    """Does a process run? A zombie that nobody has buried yet does not."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return text.rpartition(")")[2].split()[0] != "Z"
