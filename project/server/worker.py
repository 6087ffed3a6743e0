"""gunicorn's threaded worker with deadlines for clients; gunicorn has none once the first byte has arrived.

A connection waits in the poller until its request has arrived (project.server.arriving), then a thread handles it over a
project.server.patient_socket. So idle and slow clients hold no threads, or few and not for long. Connections in the poller
have a deadline, and the oldest are closed when there are too many. Rejected requests get problem responses."""

import errno
import selectors
import socket
import time
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial

from gunicorn.http import errors
from gunicorn.workers.gthread import TConn, ThreadWorker

from lib.limits import REQUEST_HEAD_SECONDS, SMALL_BODY_SECONDS
from project import settings
from project.server.arriving import Arriving
from project.server.errors import response_for, status_of
from project.server.patient_socket import PatientSocket, SlowPlaces

PIECE_BYTES = 65_536
# A response can be lost if the connection is closed while the client is still sending.
LINGER_SECONDS = 2.0
LINGER_BYTES = 262_144
LOOK_SECONDS = 0.5


class Connection(TConn):
    """A client's connection, either waiting in the poller or handled by a thread."""

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)
        self.arriving = Arriving()
        self.deadline = 0.0
        self.drained = 0
        # The response was sent; the connection is about to be closed.
        self.is_ending = False


Act = Callable[[Connection, PatientSocket], None]


class Worker(ThreadWorker):
    def __init__(self, *arguments: object, **named: object) -> None:
        super().__init__(*arguments, **named)
        # Half of the threads that are not for streams; streams wait for changes, not for their readers.
        self.slow_places = SlowPlaces(max(1, (settings.WEB_THREADS - settings.STREAMS_MAX) // 2))
        # Connections in the poller, oldest first: arriving requests, and those about to be closed.
        self.waiting: dict[Connection, None] = {}
        self.looked = 0.0

    # --- A request arrives, in the main thread ---

    def accept(self, listener: socket.socket) -> None:
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        except OSError as error:
            if error.errno not in (errno.EMFILE, errno.ENFILE):
                raise
            # Linux allows fewer files than there are places; the next turn of the loop tries again.
            self.make_room()
            return
        if self.nr_conns + 1 >= self.worker_connections:
            self.make_room()
        self.nr_conns += 1
        patient = PatientSocket.of(client, self.slow_places)
        self.await_request(Connection(self.cfg, patient, address, listener.getsockname()))

    def make_room(self) -> None:
        """Close the connection that has kept a place for the longest without a request."""
        if self.keepalived_conns:
            conn = self.keepalived_conns.popleft()
            self.poller.unregister(conn.sock)
            self.drop(conn)
        elif self.waiting:
            self.forget(next(iter(self.waiting)))

    def await_request(self, conn: Connection, received: bytes = b"") -> None:
        """`received` came behind the request before."""
        conn.sock.setblocking(False)
        conn.arriving = Arriving()
        conn.arriving.take(received)
        self.wait_for(conn, REQUEST_HEAD_SECONDS, self.collect)
        if conn.arriving.is_complete:
            self.respond(conn)
        else:
            self.collect(conn, conn.sock)

    def on_client_socket_readable(self, conn: Connection, client: socket.socket) -> None:
        if client.fileno() < 0:
            return
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self.await_request(conn)

    def collect(self, conn: Connection, client: PatientSocket) -> None:
        try:
            data = client.recv_now(PIECE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        had_head = conn.arriving.has_head
        conn.arriving.take(data)
        # An incomplete body gets a response; an incomplete head does not.
        if conn.arriving.is_complete or (not data and had_head):
            self.respond(conn)
        elif not data:
            self.forget(conn)
        elif conn.arriving.has_head and not had_head:
            conn.deadline = time.monotonic() + SMALL_BODY_SECONDS

    def respond(self, conn: Connection) -> None:
        self.poller.unregister(conn.sock)
        del self.waiting[conn]
        self.enqueue_req(conn)

    # --- In the thread ---

    def handle(self, conn: Connection) -> bool:
        conn.sock.begin()
        try:
            if conn.arriving.is_too_large:
                self.handle_error(None, conn.sock, conn.client, errors.LimitRequestHeaders("too large"))
                return False
            conn.init()
            conn.parser.unreader.unread(bytes(conn.arriving.received))
            conn.arriving = Arriving()
            conn.data_ready = True
            return bool(super().handle(conn))
        finally:
            conn.sock.end()

    def handle_error(self, req: object, client: PatientSocket, addr: object, exc: Exception) -> None:
        status = status_of(exc)
        if status == 500:
            self.log.exception("Error handling request %s", getattr(req, "uri", ""))
        else:
            self.log.warning("Invalid request: %s", exc)
        client.send_now(response_for(status))

    # --- Afterwards, in the main thread again ---

    def finish_request(self, conn: Connection, fs: "Future[bool]") -> None:
        if fs.cancelled() or fs.exception() or not fs.result():
            self.linger(conn)
        elif received := conn.parser.unreader.take_buffered():
            self.await_request(conn, received)
        else:
            super().finish_request(conn, fs)

    def linger(self, conn: Connection) -> None:
        """Close it once the client has had time to read the response; in the poller, where it blocks no thread."""
        conn.is_ending = True
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self.drop(conn)
            return
        self.wait_for(conn, LINGER_SECONDS, self.drain)

    def drain(self, conn: Connection, client: PatientSocket) -> None:
        try:
            data = client.recv_now(PIECE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        conn.drained += len(data)
        if not data or conn.drained > LINGER_BYTES:
            self.forget(conn)

    # --- What waits in the poller ---

    def wait_for(self, conn: Connection, seconds: float, act: Act) -> None:
        conn.deadline = time.monotonic() + seconds
        self.waiting[conn] = None
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.act_on, conn, act))

    def act_on(self, conn: Connection, act: Act, client: PatientSocket) -> None:
        # Of the events that come at once, one may be of a connection that has just given way.
        if conn in self.waiting:
            act(conn, client)

    def forget(self, conn: Connection) -> None:
        self.poller.unregister(conn.sock)
        del self.waiting[conn]
        self.drop(conn)

    def drop(self, conn: Connection) -> None:
        self.nr_conns -= 1
        conn.close()

    def murder_pending(self) -> None:
        """Called by gunicorn in each turn of its loop."""
        present = time.monotonic()
        if present - self.looked < LOOK_SECONDS:
            return
        self.looked = present
        for conn in [conn for conn in self.waiting if conn.deadline < present or self.is_idle_at_end(conn)]:
            if conn.arriving.received and not conn.is_ending:
                conn.sock.send_now(response_for(408))
            self.forget(conn)

    def is_idle_at_end(self, conn: Connection) -> bool:
        return not (self.alive or conn.is_ending or conn.arriving.received)
