"""Bytes on sockets: what no HTTP client would send."""

import socket

SECONDS_MAX = 15


def connect(port, source="127.0.0.1"):
    return socket.create_connection(("127.0.0.1", port), timeout=SECONDS_MAX, source_address=(source, 0))


def exchange(port, data):
    """Sends the bytes and returns the status of the answer, even where it comes before all is sent."""
    with connect(port) as connection:
        try:
            connection.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass
        return status_of(connection.recv(4096))


def status_of(answer):
    version, _, rest = answer.partition(b" ")
    assert version.startswith(b"HTTP/1."), answer
    return int(rest[:3])


def is_closed(connection):
    """Whether the other side has closed; whatever it still sent is read."""
    connection.setblocking(False)
    try:
        while connection.recv(4096):
            pass
        return True
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True
