"""The socket and the limits of a server process."""

import errno
import resource
import socket

BACKLOG = 4096


class CannotListenError(Exception):
    """The address can't be listened on; the text says why, on one line."""


def listen(host: str, port: int) -> socket.socket:
    """Bind the address now, so that a taken port is known before anything is started."""
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except socket.gaierror as error:
        raise CannotListenError(f"can't listen on {host}: {error.strerror}") from error
    listener = socket.socket(family, kind, protocol)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        # Bound and listening, or two processes could both believe to have it.
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        taken = error.errno == errno.EADDRINUSE
        reason = "something else listens there; PORT=… takes another" if taken else error.strerror
        raise CannotListenError(f"can't listen on {host}:{port}: {reason}") from error
    listener.setblocking(False)
    return listener


def allow_many_connections() -> None:
    """Raise the soft limit of open files to the hard one: each listener's connection is one."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def address_of(listener: socket.socket) -> str:
    """Give the URL that a browser on this machine would use."""
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "localhost"}.get(host, host)  # noqa: S104  it is shown, not bound
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{port}"
