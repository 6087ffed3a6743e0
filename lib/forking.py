"""The fork server's own process: `python -m lib.forking <socket> <module>:<function>`.

It has one thread and has imported the modules of its children, so that a fork takes a few milliseconds. A child ends when
the process that requested it is gone, and with this process."""

import ctypes
import gc
import importlib
import os
import selectors
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress

# The exit code of a child that ran out of memory.
OUT_OF_MEMORY = 3
PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
# They are meant for the parent process. When it ends, its socket closes, and this process ends.
IGNORED_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

# The sockets of each request: two for the child, and one over which its exit is reported.
FILES = 3

Target = Callable[[socket.socket, socket.socket], None]


def main() -> None:
    control, target = socket.socket(fileno=int(sys.argv[1])), sys.argv[2]
    for number in IGNORED_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    module, _, function = target.partition(":")
    Server(control, getattr(importlib.import_module(module), function)).run()


class Server:
    def __init__(self, control: socket.socket, target: Target) -> None:
        self.control, self.target = control, target
        # Each child with the socket over which its end is reported; closed at its other end, the child is not wanted.
        self.children: dict[int, socket.socket] = {}
        self.selector = selectors.DefaultSelector()
        self.selector.register(control, selectors.EVENT_READ)
        self.woken, self.waker = socket.socketpair()
        self.selector.register(self.woken, selectors.EVENT_READ)

    def run(self) -> None:
        self.waker.setblocking(False)
        signal.set_wakeup_fd(self.waker.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        # What exists by now is the children's for reading; the collector would write to it.
        gc.collect()
        gc.freeze()
        while True:
            for key, _ in self.selector.select():
                self.react(key.fileobj)

    def react(self, ready: object) -> None:
        if ready is self.control:
            self.serve()
        elif ready is self.woken:
            self.woken.recv(4096)
            self.reap()
        else:
            for pid, reports in self.children.items():
                if reports is ready:
                    os.kill(pid, signal.SIGKILL)
                    self.selector.unregister(reports)

    def serve(self) -> None:
        request, files, _, _ = socket.recv_fds(self.control, 1, FILES)
        if not request:
            self.end()
        first, second, reports = (socket.socket(fileno=number) for number in files)
        pid = os.fork()
        if pid == 0:
            reports.close()
            self.become_child(first, second)
        first.close()
        second.close()
        self.children[pid] = reports
        self.selector.register(reports, selectors.EVENT_READ)

    def become_child(self, *sockets: socket.socket) -> None:
        code = 1
        try:
            self.leave()
            self.target(*sockets)
            code = 0
        except MemoryError:
            code = OUT_OF_MEMORY
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)

    def leave(self) -> None:
        """Nothing of the server is the child's."""
        die_with(os.getppid())
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self.selector.close()
        for other in (self.control, self.woken, self.waker, *self.children.values()):
            other.close()

    def reap(self) -> None:
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG)) != (0, 0):
                pid, status = ended
                reports = self.children.pop(pid)
                with suppress(KeyError):
                    self.selector.unregister(reports)
                with suppress(OSError):
                    reports.send(str(os.waitstatus_to_exitcode(status)).encode())
                reports.close()

    def end(self) -> None:
        """The requesting process is gone."""
        for pid in self.children:
            os.kill(pid, signal.SIGKILL)
        os._exit(0)


def die_with(parent: int) -> None:
    if LIBC:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


if __name__ == "__main__":
    main()
