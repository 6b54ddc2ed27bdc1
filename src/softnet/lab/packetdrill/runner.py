"""A script, run: its events in order, each at its time, against one host on the virtual clock.

    verdict = run_script(parse_script(path, text), Config())
    verdict.passed(), verdict.text()

Between two events the world runs up to the second one's time, with all that is due by then. An
expected packet is waited for until it should have come, plus the tolerance. Every system call is a
task of its own: one that should not block must be over at once, one that should (`t...t2`) must be over
at t2, and no other call begins before.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from functools import partial

import softnet.uapi.socket as socket
import softnet.uapi.tcp as tcp
from softnet.kernel.sched import Task, crash_all, spawn
from softnet.lab.packetdrill.callargs import CallContext
from softnet.lab.packetdrill.calls import CALLS
from softnet.lab.packetdrill.code import CodeFailed, CodeSpace
from softnet.lab.packetdrill.config import Config
from softnet.lab.packetdrill.expect import Wire
from softnet.lab.packetdrill.files import Files
from softnet.lab.packetdrill.flow import Flow
from softnet.lab.packetdrill.netdev import Machine
from softnet.lab.packetdrill.nodes import (
    ANY,
    ANY_TIME,
    INBOUND,
    OUTBOUND,
    RELATIVE,
    RELATIVE_RANGE,
    Action,
    Call,
    Code,
    Command,
    Event,
    PacketSpec,
    Script,
    ScriptError,
)
from softnet.lab.packetdrill.report import ERROR, FAIL, PASS, Failure, Verdict
from softnet.lab.packetdrill.shell import ShellError, run_command
from softnet.lab.packetdrill.symbols import ERRNOS, did_you_mean
from softnet.syscalls import sys_getsockopt

HISTORY = 10  # lines of what happened that a report shows
ANY_WAIT_US = 3_600_000_000  # how long `*` waits


def run_script(
    script: Script, config: Config, trace: Callable[[str], object] | None = None
) -> Verdict:
    """Run a script; trace is told of each packet, call and command."""
    try:
        config = settings(script, config)
        check_calls(script)
    except ScriptError as e:
        return Verdict(
            script.path, ERROR, e.line, message=e.message, script_text=script.text(e.line)
        )
    if config.ip_version != "ipv4":
        message = f"--ip_version={config.ip_version}: this softnet speaks IPv4 only"
        return Verdict(script.path, FAIL, script.events[0].line, message=message)
    if config.dry_run:
        return Verdict(script.path, PASS)
    run = Runner(script, config, trace)
    try:
        return run.run()
    finally:
        crash_all(run.machine.world)


def settings(script: Script, config: Config) -> Config:
    """The command line's options and, over them, the script's own."""
    config = config.copy()
    for line, name, value in script.options:
        try:
            config.set(name, value)
        except ValueError as e:
            raise ScriptError(script.path, line, str(e)) from None
    return config


def check_calls(script: Script) -> None:
    """Every call exists and has as many arguments as it takes."""
    for event in script.events:
        call = event.action
        if not isinstance(call, Call):
            continue
        if call.name not in CALLS:
            hint = did_you_mean(call.name, list(CALLS))
            raise ScriptError(script.path, event.line, f"unknown system call {call.name}(){hint}")
        least, most, _ = CALLS[call.name]
        if not least <= len(call.args) <= most:
            wanted = str(least) if least == most else f"{least} to {most}"
            message = f"{call.name}() takes {wanted} arguments, not {len(call.args)}"
            raise ScriptError(script.path, event.line, message)
        if call.error and call.error not in ERRNOS:
            hint = did_you_mean(call.error, list(ERRNOS))
            raise ScriptError(script.path, event.line, f"unknown errno {call.error}{hint}")


class Runner:
    """One run of one script."""

    def __init__(
        self, script: Script, config: Config, trace: Callable[[str], object] | None = None
    ) -> None:
        self.script = script
        self.config = config
        self.trace = trace
        self.machine = Machine(config)
        self.world = self.machine.world
        self.host = self.machine.host
        self.start_ns = self.world.clock.now
        self.files = Files()
        self.fds: dict[int, int] = {}  # the script's -> the host's
        self.flows: list[Flow] = []
        self.code = CodeSpace()
        self.history: list[str] = []
        self.warnings: list[str] = []
        self.program = self.host.spawn(program, name="script", fd_base=3)
        self.pending: tuple[Task, CallContext, Event, int] | None = None
        self.last: Event | None = None
        self.last_start_us = 0
        self.line = 0  # of the command that runs
        self.wire = Wire(self)

    # The whole

    def run(self) -> Verdict:
        """From the first event to the last."""
        line = 1
        try:
            if self.script.init is not None:
                line = self.script.init.line
                self.command(self.script.init)
                self.start_ns = self.world.clock.now
                self.machine.end.queue.clear()
            for event in self.script.events:
                line = event.line
                self.step(event)
            self.settle()
            if self.script.cleanup is not None:
                line = self.script.cleanup.line
                self.command(self.script.cleanup)
        except Failure as e:
            return self.verdict(FAIL, e)
        except ScriptError as e:
            text = self.script.text(e.line)
            return Verdict(
                self.script.path, ERROR, e.line, self.now_us(), e.message, script_text=text
            )
        except ShellError as e:
            return self.verdict(FAIL, Failure(line, str(e)))
        return Verdict(self.script.path, PASS, time_us=self.now_us(), warnings=list(self.warnings))

    def verdict(self, kind: str, e: Failure) -> Verdict:
        """A failed run."""
        return Verdict(
            self.script.path,
            kind,
            e.line,
            e.time_us or self.now_us(),
            e.message,
            e.expected,
            e.seen,
            e.script_text or self.script.text(e.line),
            e.rows,
            self.history[-HISTORY:],
            list(self.warnings),
        )

    def step(self, event: Event) -> None:
        """One event."""
        action = event.action
        begin, end = self.times(event)
        self.last_start_us = begin
        if isinstance(action, PacketSpec) and action.direction == OUTBOUND:
            self.wire.expect(event, action, begin, end)
        else:
            self.wait_until(event, begin)
            self.act(event, action, begin)
        self.last = event

    def act(self, event: Event, action: Action, begin: int) -> None:
        """Do what the script says now."""
        if isinstance(action, PacketSpec):
            self.wire.inject(event, action)
            self.world.run(until_ns=self.world.clock.now)
            self.reap()
        elif isinstance(action, Call):
            self.call(event, action, begin)
        elif isinstance(action, Command):
            self.command(event)
        else:
            assert isinstance(action, Code)
            self.run_code(event, action)

    # Time

    def now_us(self) -> int:
        """Microseconds since the script began."""
        return (self.world.clock.now - self.start_ns) // 1000

    def ns_of(self, us: int) -> int:
        """A time of the script on the world's clock."""
        return self.start_ns + us * 1000

    def times(self, event: Event) -> tuple[int, int]:
        """When an event is to happen, first and last microsecond. Relative times count from now, but
        injected packets that follow each other from each other's time."""
        when = event.when
        if when.kind == ANY_TIME:
            return self.now_us(), self.now_us() + ANY_WAIT_US
        if when.kind not in (RELATIVE, RELATIVE_RANGE):
            return when.start, when.end
        base = self.now_us()
        if self.last is not None and injects(self.last) and injects(event):
            base = self.last_start_us
        return base + when.start, base + when.end

    def wait_until(self, event: Event, us: int) -> None:
        """Let the world run up to a time of the script; Failure if that is over."""
        if isinstance(event.action, Call):
            self.settle(us)
        late = self.now_us() - us
        if late > self.config.tolerance(us - self.last_start_us):
            raise Failure(
                event.line, f"this should happen at {us / 1e6:.6f} s, but it is {late} us later"
            )
        self.world.run(until_ns=max(self.ns_of(us), self.world.clock.now))
        self.reap()

    def advance(self, ns: int) -> None:
        """Let ns nanoseconds pass."""
        self.world.run(until_ns=self.world.clock.now + ns)

    # System calls

    def live_fd(self, fd: int) -> int:
        """The host's descriptor for one of the script; one it never had is passed on as it is."""
        return self.fds.get(fd, fd)

    def flow_of_fd(self, fd: int) -> Flow:
        """The flow of a descriptor; for one that has none, a flow that nothing belongs to."""
        for flow in reversed(self.flows):
            if flow.fd == fd:
                return flow
        return Flow(0, fd)

    def add_flow(self, flow: Flow) -> None:
        """A new socket or connection: the script's next packets are its."""
        self.flows.append(flow)
        self.wire.current = flow

    def call(self, event: Event, call: Call, begin: int) -> None:
        """Make a call in a task of its own; one that does not block is over when this returns."""
        self.settle()
        context = CallContext(self, call, event.line)
        handler = CALLS[call.name][2]

        def body() -> None:
            context.begin_ns = self.world.clock.now
            try:
                context.verdict = handler(context)
            except OSError as e:
                context.verdict = e
            context.end_ns = self.world.clock.now

        task = self.thread(body, call.name)
        end = begin
        if call.end is not None:
            end = call.end + (begin - event.when.start)  # counts as the beginning does
        self.pending = (task, context, event, end)
        self.world.run(until_ns=self.world.clock.now, predicate=task.finished)
        if call.end is None and not task.finished():
            raise Failure(event.line, f"{call.name}() sleeps; the script says it returns at once")
        self.reap()

    def thread(self, fn: Callable[[], object], name: str) -> Task:
        """A thread of the script's program."""
        task = spawn(self.host.machine, fn, name=name, process=self.program, keep_exception=True)
        task.files = self.program.files
        task.nsproxy = self.host.net
        return task

    def call_on_host(self, fn: Callable[[], object]) -> object:
        """Run fn as a task of the host to its end; its result."""
        task = self.thread(fn, "command")
        self.world.run(predicate=task.finished)
        return task.result()

    def reap(self) -> None:
        """Judge the call that was under way, if it is over."""
        if self.pending is None or not self.pending[0].finished():
            return
        task, context, event, end = self.pending
        self.pending = None
        task.result()
        self.judge(context, event, end)

    def settle(self, us: int | None = None) -> None:
        """Wait for the call that is under way: to its end, or to us if that is later."""
        if self.pending is None:
            return
        task, context, event, end = self.pending
        limit = max(end + self.config.tolerance(end - self.now_us()), us or 0, self.now_us())
        self.world.run(until_ns=self.ns_of(limit), predicate=task.finished)
        if not task.finished():
            raise Failure(
                event.line,
                f"{context.call.name}() should return at {end / 1e6:.6f} s, and sleeps still",
            )
        self.reap()

    def judge(self, context: CallContext, event: Event, end: int) -> None:
        """Compare what a call returned, and when, with what the script says."""
        call = context.call
        verdict = context.verdict
        at = (context.end_ns - self.start_ns) // 1000
        seen = result_text(verdict)
        self.note(f"{call_text(event, call)} = {seen}", at)
        expected = f"{call.result} {call.error}".strip() if call.error else str(call.result)
        problems = list(context.differences)
        if not same_result(call, verdict):
            problems.insert(0, f"expected {expected}, it returned {seen}")
        if call.end is not None and abs(at - end) > self.config.tolerance(end - self.last_start_us):
            problems.append(f"expected it to return at {end / 1e6:.6f} s, not {at / 1e6:.6f} s")
        if problems:
            failure = Failure(event.line, f"{call.name}(): " + "; ".join(problems))
            failure.script_text = event.text
            failure.time_us = at
            if "syscall" in self.config.non_fatal:
                self.warnings.append(f"{self.script.path}:{event.line}: {failure.message}")
                return
            raise failure

    # Commands and code

    def command(self, event: Event) -> None:
        """`…`"""
        action = event.action
        assert isinstance(action, Command)
        self.note(event.text)
        self.line = event.line
        run_command(self, action.text)
        self.reap()

    def run_code(self, event: Event, action: Code) -> None:
        """%{ … }%, with what TCP_INFO says of the script's connection now."""
        info = self.snapshot()
        if info is not None:
            self.code.take(info)
        self.code.names["isns"] = [flow.local_isn for flow in self.flows if flow.syn_seen]
        try:
            self.code.run(action.text, self.script.path, event.line)
        except CodeFailed as e:
            failure = Failure(event.line, str(e))
            failure.script_text = event.text
            raise failure from None

    def snapshot(self) -> bytes | None:
        """struct tcp_info of the current flow; of the newest socket that has one otherwise."""
        fds = [flow.fd for flow in reversed(self.flows) if flow.fd >= 0]
        current = self.wire.current
        if current is not None and current.fd >= 0:
            fds.insert(0, current.fd)
        for fd in fds:
            info = self.call_on_host(partial(tcp_info, self.live_fd(fd)))
            if isinstance(info, bytes):
                return info
        return None

    # What happened

    def note(self, text: str, us: int | None = None) -> None:
        """Remember and tell."""
        line = f"{(self.now_us() if us is None else us) / 1e6:.6f} {text}"
        self.history.append(line)
        if self.trace is not None:
            self.trace(line)


def program() -> None:
    """The program whose calls the script makes; its threads make them."""


def injects(event: Event) -> bool:
    """Is it a packet for the host?"""
    return isinstance(event.action, PacketSpec) and event.action.direction == INBOUND


def tcp_info(fd: int) -> bytes | None:
    """TCP_INFO of a descriptor; None if it has none."""
    try:
        return sys_getsockopt(fd, socket.SOL_TCP, tcp.TCP_INFO, tcp.TCP_INFO_LEN)
    except OSError:
        return None


def call_text(event: Event, call: Call) -> str:
    """A call as the script writes it, without its time and what it should return."""
    begin, end = event.text.find(f"{call.name}("), event.text.rfind(") = ")
    return event.text[begin : end + 1] if 0 <= begin < end else f"{call.name}()"


def result_text(verdict: int | OSError | None) -> str:
    """-1 EAGAIN, or a number."""
    if isinstance(verdict, OSError):
        return f"-1 {errno.errorcode.get(verdict.errno or 0, str(verdict.errno))}"
    return str(verdict)


def same_result(call: Call, verdict: int | OSError | None) -> bool:
    """Did the call return what the script says?"""
    if call.result is ANY:
        return not call.error or isinstance(verdict, OSError)
    if isinstance(verdict, OSError):
        if call.result != -1:
            return False
        names = [name for name in (call.error,) if name]
        return not names or getattr(errno, names[0], None) == verdict.errno
    return not call.error and call.result == verdict
