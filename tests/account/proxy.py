"""A proxy in front of the moto server that counts calls and breaks the one it is told to break."""

import contextlib
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

READS = ("Get", "List", "Generate", "Assume")
FAULTS = ("denied", "throttling", "error-500", "reset-before", "reset-after", "malformed", "error-after")


@dataclass
class Proxy:
    upstream: str
    calls: list[str] = field(default_factory=list)
    fail_write: int = -1
    """The number of the write, from 0, that is broken once."""
    fault: str = ""
    denied: frozenset[str] = frozenset()
    """Actions that are always denied."""
    after_write: Callable[[int], None] = lambda number: None
    writes: int = 0

    def __post_init__(self) -> None:
        handler = type("Handler", (_Handler,), {"proxy": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class _Handler(BaseHTTPRequestHandler):
    proxy: Proxy
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one packet an answer, or every call waits for a delayed acknowledgement

    def do_POST(self) -> None:
        proxy = self.proxy
        body = self.rfile.read(int(self.headers["Content-Length"]))
        action = parse_qs(body.decode())["Action"][0]
        proxy.calls.append(action)
        number, fault = -1, ""
        if not action.startswith(READS):
            number, proxy.writes = proxy.writes, proxy.writes + 1
            fault = proxy.fault if number == proxy.fail_write else ""
        if fault == "denied" or action in proxy.denied:
            return self._answer(403, _error("AccessDenied", "User is not authorized"))
        if fault == "not-yet":
            return self._answer(404, _error("NoSuchEntity", "The group cannot be found"))
        if fault == "throttling":
            return self._answer(400, _error("Throttling", "Rate exceeded"))
        if fault == "error-500":
            return self._answer(500, _error("ServiceFailure", "please try again"))
        if fault.endswith("-before"):
            return self._cut(fault)
        status, data = self._forward(body)
        if number >= 0:
            proxy.after_write(number)
        if fault in ("reset-after", "timeout-after"):
            return self._cut(fault)
        if fault == "error-after":
            return self._answer(500, _error("InternalFailure", "it was done all the same"))
        return self._answer(status, b"<html>not AWS" if fault == "malformed" else data)

    def _forward(self, body: bytes) -> tuple[int, bytes]:
        target = urlsplit(self.proxy.upstream)
        connection = HTTPConnection(target.hostname or "", target.port)
        kept = {key: value for key, value in self.headers.items() if key.lower() not in ("host", "connection")}
        connection.request("POST", self.path, body, kept | {"Host": target.netloc})
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        return answer.status, data

    def _answer(self, status: int, data: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/xml")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _cut(self, fault: str) -> None:
        """Close with RST, as a middlebox does; a timeout first says nothing for longer than boto3 waits, a minute."""
        if fault.startswith("timeout"):
            time.sleep(65)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def finish(self) -> None:
        with contextlib.suppress(OSError):  # the connection may have been reset on purpose
            super().finish()

    def log_message(self, *_: object) -> None:
        pass


def _error(code: str, message: str) -> bytes:
    return f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>".encode()
