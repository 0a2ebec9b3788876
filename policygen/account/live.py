"""Read an account from AWS: the answers that `snapshot` stores as files, with as few calls as IAM allows."""

import base64
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from types import SimpleNamespace
from typing import Any, TypeVar

from policygen.account.credentials import MfaSessions, assumed
from policygen.account.interrupt import check
from policygen.account.snapshot import PARTS
from policygen.account.target import Target
from policygen.errors import PolicygenError
from policygen.reference.partitions import partitions

PAGE = 1000
"""Items per page, the most that IAM allows (IAM API Reference, `MaxItems`)."""
REPORT_WAIT = 60.0
"""Seconds to wait for AWS to write a credential report."""
_ATTEMPTS = 10
"""Unless the user's configuration says otherwise; IAM throttles by account, and waiting is better than giving up."""

CONNECT_TIMEOUT, READ_TIMEOUT = 10, 30
"""Seconds until an attempt is given up. With ten attempts and the pauses between them, a call takes up to 7 minutes."""
NOTICE = 10.0
"""Seconds after which the user is told which answer is being waited for."""

_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"}
_CLOCK = {"RequestExpired", "RequestTimeTooSkewed", "RequestInTheFuture"}
_CLOCK_WORDS = ("Signature expired", "Signature not yet current")
"""How the message of SignatureDoesNotMatch begins if the clock is the reason (IAM and STS, as of November 2026)."""
_ANSWER = re.compile(rb"\s*(?:<\?xml[^>]*\?>)?\s*<\w*Response[\s>/]")
"""The beginning of every answer of IAM and STS (IAM API Reference; errors are in an `ErrorResponse`)."""
_UNKNOWN = {"InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "AuthFailure"}
_DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}

Say = Callable[[str], None]
Result = TypeVar("Result")


def _silent(_text: str) -> None:
    pass


class AwsError(PolicygenError):
    """AWS refused a call or did not answer; `code` is AWS's error code, "" if there was no answer.

    `certain` means that the call surely had no effect: AWS refused the first attempt, so none can have succeeded.
    """

    def __init__(self, message: str, code: str = "", *, certain: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.certain = certain

    @property
    def denied(self) -> bool:
        """Whether the caller is not allowed to make this call."""
        return self.code in _DENIED


@dataclass(frozen=True)
class Connection:
    """The clients of one account."""

    iam: Any
    sts: Any
    long_term_key: bool | None = None
    """Whether the credentials are a user's access key, whose requests never carry MFA."""
    say: Say = _silent
    """Called with messages about what is being waited for."""

    def call(self, operation: str, arguments: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Make one IAM call by its name in the API (`PutGroupPolicy`) and return the answer. Raises AwsError."""
        from botocore import xform_name

        method = getattr(self.iam, xform_name(operation))
        return self._answer(operation, lambda: method(**(arguments or {})))

    def pages(self, operation: str) -> dict[str, Any]:
        """All pages of an IAM call as one answer, as the AWS CLI prints it. Raises AwsError."""
        from botocore import xform_name

        pages = self.iam.get_paginator(xform_name(operation)).paginate(PaginationConfig={"PageSize": PAGE})
        return self._answer(operation, pages.build_full_result)

    def _answer(self, operation: str, ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """The answer without the fields that AWS's own description of the operation marks as sensitive.

        AWS itself does not list them, but servers that emulate AWS return the seeds of MFA devices.
        """
        answer = _translated(f"iam:{operation}", ask, self.say)
        return _plain(_without_secrets(answer, self.iam.meta.service_model.operation_model(operation).output_shape))

    def caller(self) -> dict[str, Any]:
        """The principal that the credentials belong to. Raises AwsError."""
        return _plain(_translated("sts:GetCallerIdentity", self.sts.get_caller_identity, self.say))


def connect(target: Target, say: Say = _silent, mfa: MfaSessions | None = None) -> Connection:
    """Clients for an account, with boto3's adaptive retries; `say` is called with what is being waited for.

    `mfa` asks the user for the code of an MFA device, if the target names one. Raises PolicygenError if boto3 is not
    installed, and AwsError if the profile or the role cannot be used.
    """
    try:
        import boto3
        from botocore.config import Config
        from botocore.session import Session
    except ImportError:
        raise PolicygenError("talking to AWS needs boto3; `pip install 'policygen[aws]'` installs it") from None

    def clients() -> Connection:
        core = Session(profile=target.profile)
        core.register_component("data_loader", _descriptions(core.get_config_variable("data_path")))
        attempts = core.get_config_variable("max_attempts") or _ATTEMPTS
        region = target.region or _region(core.get_config_variable("region"), target.partition)
        config = Config(
            retries={"mode": "adaptive", "total_max_attempts": int(attempts)},
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
            user_agent_extra="policygen",
        )
        options = {"region_name": region, "endpoint_url": target.endpoint_url, "config": config}
        session = boto3.Session(botocore_session=core)
        if target.role_arn:
            create = partial(_client_with, session, options)
            session = _as(core, assumed(core, create, target, mfa or MfaSessions()))
        credentials = session.get_credentials()
        long_term = None if credentials is None else credentials.token is None
        return Connection(_client(session, "iam", options), _client(session, "sts", options), long_term, say)

    return _translated("sts:AssumeRole" if target.role_arn else "the configuration", clients, say)


@cache
def _descriptions(data_path: str | None) -> Any:
    """The loader of botocore's service descriptions: a megabyte that is read once for any number of accounts."""
    from botocore.loaders import create_loader

    return create_loader(data_path)


def _client(session: Any, service: str, options: Mapping[str, Any]) -> Any:
    client = session.client(service, **options)
    client.meta.events.register(f"before-send.{service}", lambda **_: check())  # no attempt after a signal
    client.meta.events.register(f"before-parse.{service}", _only_answers)
    return client


def _client_with(session: Any, options: Mapping[str, Any], service: str, **credentials: str | None) -> Any:
    return _client(session, service, {**options, **credentials})


def _as(core: Any, credentials: Any) -> Any:
    """A session with other credentials than those that a botocore session finds by itself."""
    import boto3
    from botocore.credentials import CredentialResolver
    from botocore.session import Session

    acting = Session(profile=core.profile)
    acting.register_component("data_loader", core.get_component("data_loader"))
    provider = SimpleNamespace(METHOD="assume-role", load=lambda: credentials)
    acting.register_component("credential_provider", CredentialResolver([provider]))
    return boto3.Session(botocore_session=acting)


def _region(configured: str | None, partition: str | None) -> str:
    """The configured region if it is in the partition, otherwise one that is.

    IAM is global in a partition, but SDKs find its endpoint by region, and many pipelines set `us-east-1` everywhere.
    """
    own = partitions().get(partition or "aws", ())
    foreign = partition and any(configured in regions for regions in partitions().values() if regions != own)
    if configured and not foreign:
        return configured
    return "us-east-1" if "us-east-1" in own else next(iter(own), "us-east-1")


def _only_answers(response_dict: dict[str, Any], operation_model: Any, **_: object) -> None:
    """Raise AwsError for a page from a proxy or portal, which botocore may mistake for an answer or fail to parse.

    The body of a server error is emptied, so that botocore retries and reports the status.
    """
    status, body = response_dict["status_code"], response_dict["body"]
    if _ANSWER.match(body):
        return
    if status >= 500:
        response_dict["body"] = b""
        return
    what = f"{operation_model.service_model.service_id.lower()}:{operation_model.name}"
    kind = response_dict["headers"].get("content-type", "no type")
    raise AwsError(
        f"the answer to {what} does not come from AWS (HTTP status {status}, {_line(kind)}); sign in to your "
        "proxy, or check the endpoint"
    )


def read(
    connection: Connection, parts: Iterable[str] = PARTS, progress: Callable[[str], None] = lambda part: None
) -> tuple[dict[str, Any], dict[str, AwsError]]:
    """AWS's answers for the parts, and the error for each part that the caller may not read.

    `progress` is called with the name of each part before it is read. Raises AwsError for any other error.
    """
    answers: dict[str, Any] = {}
    denied: dict[str, AwsError] = {}
    for part in PARTS:
        if part not in parts:
            continue
        progress(part)
        try:
            answers[part] = _READERS[part](connection)
        except AwsError as error:
            if not error.denied:
                raise
            denied[part] = error
    return answers, denied


def _credential_report(connection: Connection) -> dict[str, Any]:
    deadline = time.monotonic() + REPORT_WAIT
    while connection.call("GenerateCredentialReport").get("State") != "COMPLETE":
        if time.monotonic() > deadline:
            raise AwsError(f"AWS has not written the credential report within {REPORT_WAIT:.0f} seconds; try again")
        time.sleep(1)
    answer = connection.call("GetCredentialReport")
    return answer | {"Content": base64.b64encode(answer["Content"]).decode()}


def _password_policy(connection: Connection) -> dict[str, Any]:
    try:
        return connection.call("GetAccountPasswordPolicy")
    except AwsError as error:
        if error.code != "NoSuchEntity":
            raise
        return {}


_READERS: Mapping[str, Callable[[Connection], dict[str, Any]]] = {
    "caller-identity": Connection.caller,
    "authorization-details": lambda connection: connection.pages("GetAccountAuthorizationDetails"),
    "credential-report": _credential_report,
    "password-policy": _password_policy,
    "account-summary": lambda connection: connection.call("GetAccountSummary"),
    "virtual-mfa-devices": lambda connection: connection.pages("ListVirtualMFADevices"),
}


def _without_secrets(value: Any, shape: Any) -> Any:
    """A value without the members that its botocore shape marks as sensitive."""
    if isinstance(value, dict) and shape and shape.type_name == "structure":
        return {
            key: _without_secrets(item, shape.members[key]) if key in shape.members else item
            for key, item in value.items()
            if key not in shape.members or not shape.members[key].metadata.get("sensitive")
        }
    if isinstance(value, list) and shape and shape.type_name == "list":
        return [_without_secrets(item, shape.member) for item in value]
    return value


def _plain(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}


@contextmanager
def _waited_for(what: str, say: Say) -> Iterator[None]:
    """Inside, the user is told what is being waited for if it takes long."""
    answer = "an answer to " if ":" in what else ""
    timer = threading.Timer(NOTICE, say, [f"waiting for {answer}{what}"])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _translated(what: str, call: Callable[[], Result], say: Say) -> Result:
    """The result of a call to boto3; its errors become AwsErrors that tell the user what to do."""
    from botocore.exceptions import (
        BotoCoreError,
        ClientError,
        CredentialRetrievalError,
        HTTPClientError,
        NoCredentialsError,
        PartialCredentialsError,
        ProfileNotFound,
        TokenRetrievalError,
    )
    from botocore.exceptions import ConnectionError as NotReachedError
    from botocore.parsers import ResponseParserError

    try:
        with _waited_for(what, say):
            return call()
    except ClientError as error:
        raise _refused(what, error.response) from None
    except (NoCredentialsError, PartialCredentialsError):
        raise AwsError("there are no AWS credentials; name a profile with `--profile`, or sign in first") from None
    except (CredentialRetrievalError, TokenRetrievalError) as error:
        raise AwsError(f"the AWS credentials could not be fetched ({_line(error)}); sign in again") from None
    except ProfileNotFound as error:
        raise AwsError(f"{_line(error)}; `aws configure list-profiles` lists the existing ones") from None
    except ResponseParserError:
        raise AwsError(f"the answer to {what} cannot be parsed; is the endpoint really one of AWS?") from None
    except (HTTPClientError, NotReachedError) as error:
        raise AwsError(f"{what} got no answer: {_line(error)}") from None
    except (BotoCoreError, ValueError) as error:
        raise AwsError(f"{what} cannot be used: {_line(error)}") from None


def _refused(what: str, response: Mapping[str, Any]) -> AwsError:
    error, metadata = response.get("Error", {}), response.get("ResponseMetadata", {})
    code, message = str(error.get("Code", "")), _line(error.get("Message", ""))
    certain = 400 <= metadata.get("HTTPStatusCode", 0) < 500 and not metadata.get("RetryAttempts", 0)
    if code in _CLOCK or message.startswith(_CLOCK_WORDS):
        text = f"AWS rejects the time of this machine ({message}); set its clock and run again"
    elif code in _EXPIRED:
        text = f"the AWS credentials have expired ({message}); sign in again"
    elif code in _UNKNOWN:
        text = f"AWS does not accept the credentials ({code}: {message}); sign in again or check the profile"
    elif code in _DENIED:
        text = f"the caller may not call {what}: {message}"
    elif code.isdigit():
        text = f"{what} was answered with HTTP status {code} ({message}), and not by IAM itself"
    else:
        text = f"AWS answered {code} to {what}: {message}"
    return AwsError(text, code, certain=certain)


def _line(text: object) -> str:
    return " ".join(str(text).split()).rstrip(".")
