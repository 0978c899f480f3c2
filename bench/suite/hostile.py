"""Connections that never ask anything: silent ones and ones that send half a header."""

import resource
import selectors
import socket
import threading
import time

HALF_HEADER = b"GET /v1/sim-cards HTTP/1.1\r\nHost: bench\r\nX-Half: "
DESCRIPTORS_WANTED = 8192
# From an address of their own, so that a cap per address does not hit the normal client.
SOURCE = "127.0.0.2"


class Hostile(threading.Thread):
    """Opens the connections, then notes when the server has closed each of them."""

    def __init__(self, address, silent, half, wait_seconds):
        super().__init__(daemon=True)
        host, port = address.rsplit(":", 1)
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        wanted = DESCRIPTORS_WANTED if hard == resource.RLIM_INFINITY else min(DESCRIPTORS_WANTED, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        self.wait_seconds = wait_seconds
        self.open = selectors.DefaultSelector()
        self.opened = silent + half
        self.last_closed_seconds = 0.0
        self.began = time.monotonic()
        for number in range(self.opened):
            connection = socket.create_connection((host, int(port)), timeout=10, source_address=(SOURCE, 0))
            if number >= silent:
                connection.sendall(HALF_HEADER)
            connection.setblocking(False)
            self.open.register(connection, selectors.EVENT_READ, time.monotonic())

    def run(self):
        """Each connection's age when it was closed; the greatest is what counts."""
        deadline = self.began + self.wait_seconds
        while self.open.get_map() and time.monotonic() < deadline:
            for key, _ in self.open.select(timeout=0.5):
                try:
                    gone = not key.fileobj.recv(4096)
                except ConnectionError:
                    gone = True
                if gone:
                    self.last_closed_seconds = max(self.last_closed_seconds, time.monotonic() - key.data)
                    self.open.unregister(key.fileobj)
                    key.fileobj.close()

    def still_open(self):
        """Connections that the server has not closed; they are closed from this side."""
        left = list(self.open.get_map().values())
        for key in left:
            self.open.unregister(key.fileobj)
            key.fileobj.close()
        return len(left)
