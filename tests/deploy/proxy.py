"""A proxy in front of the moto server: it counts calls, breaks the one it is told to break, and does what moto omits.

What moto omits of IAM: AWS's own policies are in an account's details only while they are attached, and names differ
in more than path and case (IAM API Reference, CreatePolicy, CreateGroup, CreateRole, CreateUser).
"""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit
from xml.etree import ElementTree as ET

READS = ("Get", "List", "Generate", "Assume")
XML = "{https://iam.amazonaws.com/doc/2010-05-08/}"


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one call: an answer that is not IAM's, or none."""

    status: int = 0
    """Of the answer; 0 cuts the connection with RST, as a middlebox does."""
    body: bytes = b""
    reached: bool = False
    """Whether the call has had its effect all the same."""
    content_type: str = "text/xml"
    hangs: bool = False
    """Whether nothing is said, until the client gives up."""


def error(code: str, message: str, kind: str = "Sender") -> bytes:
    return (
        '<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error>'
        f"<Type>{kind}</Type><Code>{code}</Code><Message>{message}</Message></Error>"
        "<RequestId>7a62c49f-347e-4fc4-9331-6e8eEXAMPLE</RequestId></ErrorResponse>"
    ).encode()


SKEW = "Signature not yet current: 20261125T063300Z is still later than 20261125T062800Z (20261125T062300Z + 5 min.)"
XHTML = b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body><p>Sign in to go on</p></body></html>'

FAULTS = {
    "denied": Fault(403, error("AccessDenied", "User is not authorized")),
    "expired": Fault(403, error("ExpiredToken", "The security token included in the request is expired")),
    "clock": Fault(403, error("SignatureDoesNotMatch", SKEW)),
    "throttling": Fault(400, error("Throttling", "Rate exceeded")),
    "concurrent": Fault(409, error("ConcurrentModification", "Multiple requests to change this object")),
    "error-500": Fault(500, error("ServiceFailure", "please try again", "Receiver")),
    "error-503": Fault(503, error("ServiceUnavailable", "please try again", "Receiver")),
    "error-after": Fault(500, error("InternalFailure", "it was done all the same", "Receiver"), reached=True),
    "reset-before": Fault(),
    "reset-after": Fault(reached=True),
    "hang-before": Fault(hangs=True),
    "hang-after": Fault(hangs=True, reached=True),
    "html": Fault(200, b"<html>not AWS", content_type="text/html"),
    "html-after": Fault(200, b"<html>not AWS", content_type="text/html", reached=True),
    "html-502": Fault(502, b"<!DOCTYPE html><html><body><hr>Bad Gateway</body></html>", content_type="text/html"),
    "xhtml": Fault(200, XHTML, content_type="application/xhtml+xml"),
    "xhtml-403": Fault(403, XHTML, content_type="application/xhtml+xml"),
    "xhtml-503": Fault(503, XHTML, content_type="application/xhtml+xml"),
    "xhtml-after": Fault(200, XHTML, content_type="application/xhtml+xml", reached=True),
    "json": Fault(200, b'{"login": "/"}', content_type="application/json"),
    "empty": Fault(200),
    "truncated": Fault(200, b"<CreateGroupResponse><Cre", reached=True),
}
"""Every way in which a call may go wrong."""
NOT_YET = Fault(404, error("NoSuchEntity", "The group with name Humans cannot be found."))
"""What IAM says of something that it has just made and does not know everywhere yet."""


def names_of(element: str, operation: str, kind: str) -> tuple[dict[str, str], str]:
    return {"Action": operation, "Version": "2010-05-08", **({"Scope": "Local"} if kind == "Policies" else {})}, element


_LISTS = {
    "CreatePolicy": names_of("PolicyName", "ListPolicies", "Policies"),
    "CreateGroup": names_of("GroupName", "ListGroups", "Groups"),
    "CreateRole": names_of("RoleName", "ListRoles", "Roles"),
    "CreateUser": names_of("UserName", "ListUsers", "Users"),
}


@dataclass
class Proxy:
    upstream: str
    calls: list[str] = field(default_factory=list)
    fault: Fault | None = None
    fail_write: int = -1
    """The number of the write, from 0, that goes wrong."""
    fail_read: int = -1
    """The number of the read of the account's details, from 0, that goes wrong."""
    times: int = 1
    """How often in a row it goes wrong."""
    denied: frozenset[str] = frozenset()
    """Actions that are always denied."""
    after_write: Callable[[int], None] = lambda number: None
    before_write: Callable[[int], None] = lambda number: None
    stale_reads: int = 0
    """How many reads of the account's details get the last answer that a read had before."""
    writes: int = 0
    reads: int = 0
    _last: tuple[int, bytes] | None = None

    def __post_init__(self) -> None:
        handler = type("Handler", (_Handler,), {"proxy": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def breaks(self, fault: str | Fault, *, write: int = -1, read: int = -1, times: int = 1) -> None:
        """From now on count anew, and let one call go wrong, `times` times."""
        self.fault = FAULTS[fault] if isinstance(fault, str) else fault
        self.fail_write, self.fail_read, self.times, self.writes, self.reads = write, read, times, 0, 0

    def heals(self) -> None:
        """Let nothing go wrong any more."""
        self.fault = None

    def due(self, action: str) -> tuple[int, Fault | None]:
        """The number of a write, -1 for a read, and what goes wrong with the call."""
        number, hit = -1, False
        if action == "GetAccountAuthorizationDetails":
            hit = self.fail_read <= self.reads < self.fail_read + self.times and self.fail_read >= 0
            self.reads += 1
        elif not action.startswith(READS):
            number, hit = self.writes, self.fail_write <= self.writes < self.fail_write + self.times
            hit = hit and self.fail_write >= 0
            self.writes += 1
        return number, self.fault if hit else None

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
        query = {key: value[0] for key, value in parse_qs(body.decode()).items()}
        action = query["Action"]
        proxy.calls.append(action)
        number, fault = proxy.due(action)
        if action in proxy.denied:
            fault = FAULTS["denied"]
        if number >= 0:
            proxy.before_write(number)
        if fault and not fault.reached:
            return self._wrong(fault)
        status, data = self._answer_of(action, query, body)
        if number >= 0:
            proxy.after_write(number)
        return self._wrong(fault) if fault else self._answer(status, data)

    def _answer_of(self, action: str, query: dict[str, str], body: bytes) -> tuple[int, bytes]:
        proxy = self.proxy
        if action in _LISTS and self._taken(query, *_LISTS[action]):
            return 409, error("EntityAlreadyExists", "a name differs in more than path and case")
        if action != "GetAccountAuthorizationDetails":
            return self._forward(body)
        if proxy.stale_reads and proxy._last:
            proxy.stale_reads -= 1
        else:
            status, data = self._forward(body)
            proxy._last = status, _as_iam_lists(data)
        return proxy._last

    def _taken(self, query: dict[str, str], listing: dict[str, str], element: str) -> bool:
        _, data = self._forward(urlencode(listing).encode())
        names = {node.text.lower() for node in ET.fromstring(data).iter(XML + element) if node.text}
        return query[element].lower() in names

    def _forward(self, body: bytes) -> tuple[int, bytes]:
        target = urlsplit(self.proxy.upstream)
        connection = HTTPConnection(target.hostname or "", target.port)
        dropped = ("host", "connection", "content-length")
        kept = {key: value for key, value in self.headers.items() if key.lower() not in dropped}
        connection.request("POST", self.path, body, kept | {"Host": target.netloc})
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        return answer.status, data

    def _answer(self, status: int, data: bytes, content_type: str = "text/xml") -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _wrong(self, fault: Fault) -> None:
        if fault.status:
            self._answer(fault.status, fault.body, fault.content_type)
            return
        if fault.hangs:
            self.connection.settimeout(60)
            with contextlib.suppress(OSError):
                self.connection.recv(1)  # the client's end of the connection
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def finish(self) -> None:
        with contextlib.suppress(OSError):  # the connection may have been reset on purpose
            super().finish()

    def log_message(self, *_: object) -> None:
        pass


def _as_iam_lists(data: bytes) -> bytes:
    """An account's details without the policies of AWS's that are attached nowhere."""
    root = ET.fromstring(data)
    policies = root.find(f"{XML}GetAccountAuthorizationDetailsResult/{XML}Policies")
    for policy in list(policies) if policies is not None else ():
        arn, count = policy.findtext(XML + "Arn", ""), policy.findtext(XML + "AttachmentCount", "0")
        if policies is not None and ":iam::aws:policy/" in arn and int(count) == 0:
            policies.remove(policy)
    ET.register_namespace("", XML.strip("{}"))
    return ET.tostring(root)


def offer_aws_policy(account: str, name: str, document: str, path: str = "/") -> str:
    """Let an account of moto's know a policy of AWS's, and return its ARN; moto knows none of them, or all 1,400."""
    from datetime import UTC, datetime

    from moto.iam.models import AWSManagedPolicy, iam_backends

    now = datetime.now(UTC)
    backend = iam_backends[account]["aws"]
    policy = AWSManagedPolicy(
        name,
        account,
        "us-east-1",
        default_version_id="v1",
        path=path,
        document=document,
        create_date=now,
        update_date=now,
    )
    backend.managed_policies[policy.arn] = policy
    return str(policy.arn)
