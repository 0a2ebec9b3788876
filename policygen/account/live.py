"""An account read from AWS: the answers that `snapshot` keeps as files, with as few calls as IAM allows."""

import base64
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from policygen.account.interrupt import check
from policygen.account.snapshot import PARTS
from policygen.account.target import Target
from policygen.errors import PolicygenError
from policygen.reference.partitions import partitions

PAGE = 1000
"""Items a page, the most that IAM gives (IAM API Reference, `MaxItems`)."""
REPORT_WAIT = 60.0
"""Seconds to wait for AWS to write a credential report."""
_ATTEMPTS = (
    10  # IAM throttles by account: better to wait than to give up, unless the user's configuration says how long
)

CONNECT_TIMEOUT, READ_TIMEOUT = 10, 30
"""Seconds until one attempt is given up. With ten attempts and the pauses between them, a call ends in 7 minutes."""
NOTICE = 10.0
"""Seconds after which somebody who waits for an answer is told for what."""

_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"}
_CLOCK = {"RequestExpired", "RequestTimeTooSkewed", "RequestInTheFuture"}
_CLOCK_WORDS = ("Signature expired", "Signature not yet current")
"""How the message of SignatureDoesNotMatch begins where the time is the reason (IAM and STS, as of November 2026)."""
_ANSWER = re.compile(rb"\s*(?:<\?xml[^>]*\?>)?\s*<\w*Response[\s>/]")
"""How every answer of IAM and STS begins (IAM API Reference; errors are in an `ErrorResponse`)."""
_UNKNOWN = {"InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "AuthFailure"}
_DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}


Say = Callable[[str], None]


def _silent(_text: str) -> None:
    pass


class AwsError(PolicygenError):
    """AWS refused a call, or did not answer; `code` is AWS's error code, "" where no answer came.

    `certain` says that the call had no effect: AWS refused it at the first attempt, so that no earlier one was lost.
    """

    def __init__(self, message: str, code: str = "", *, certain: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.certain = certain

    @property
    def denied(self) -> bool:
        """Whether the caller may not make this call."""
        return self.code in _DENIED


@dataclass(frozen=True)
class Connection:
    """The clients of one account."""

    iam: Any
    sts: Any
    long_term_key: bool | None = None
    """Whether the credentials are a user's access key, which never carries MFA."""
    say: Say = _silent
    """Hears what is being waited for."""

    def call(self, operation: str, arguments: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Make one IAM call, named as IAM names it: `PutGroupPolicy`. Raises AwsError."""
        from botocore import xform_name

        method = getattr(self.iam, xform_name(operation))
        answer: dict[str, Any] = _translated(f"iam:{operation}", lambda: method(**(arguments or {})), self.say)
        return answer

    def pages(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """All pages of an IAM call as one answer, as the AWS CLI prints it. Raises AwsError."""
        from botocore import xform_name

        pages = self.iam.get_paginator(xform_name(operation)).paginate(**arguments, PaginationConfig={"PageSize": PAGE})
        answer: dict[str, Any] = _translated(f"iam:{operation}", pages.build_full_result, self.say)
        return answer

    def without_secrets(self, operation: str, answer: Any) -> Any:
        """An answer without the fields that AWS's own description of the operation marks as sensitive.

        AWS itself leaves them out of what it lists; servers that emulate it return seeds of MFA devices.
        """
        return _without_secrets(answer, self.iam.meta.service_model.operation_model(operation).output_shape)

    def caller(self) -> dict[str, Any]:
        """Who the credentials belong to. Raises AwsError."""
        return _plain(_translated("sts:GetCallerIdentity", self.sts.get_caller_identity, self.say))


def connect(target: Target, say: Say = _silent) -> Connection:
    """Clients for an account, with boto3's own adaptive retries; `say` hears what is being waited for.

    Raises PolicygenError where boto3 is not installed, and AwsError where the profile or the role cannot be used.
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
            session = _assumed(_client(session, "sts", options), target.role_arn)
        credentials = session.get_credentials()
        long_term = None if credentials is None else credentials.token is None
        return Connection(_client(session, "iam", options), _client(session, "sts", options), long_term, say)

    connection: Connection = _translated("sts:AssumeRole" if target.role_arn else "the configuration", clients, say)
    return connection


@cache
def _descriptions(data_path: str | None) -> Any:
    """The descriptions of AWS's services: a megabyte that a hundred accounts side by side read once."""
    from botocore.loaders import create_loader

    return create_loader(data_path)


def _client(session: Any, service: str, options: Mapping[str, Any]) -> Any:
    client = session.client(service, **options)
    client.meta.events.register(f"before-send.{service}", _go_on)
    client.meta.events.register(f"before-parse.{service}", _only_answers)
    return client


def _assumed(sts: Any, role_arn: str) -> Any:
    import boto3

    answer = sts.assume_role(RoleArn=role_arn, RoleSessionName="policygen")["Credentials"]
    return boto3.Session(answer["AccessKeyId"], answer["SecretAccessKey"], answer["SessionToken"])


def _region(configured: str | None, partition: str | None) -> str:
    """The configured region, unless it is another partition's; then one of the partition's own.

    IAM is one per partition, but its endpoint is found by region, and many a pipeline sets `us-east-1` for all.
    """
    own = partitions().get(partition or "aws", ())
    foreign = partition and any(configured in regions for regions in partitions().values() if regions != own)
    if configured and not foreign:
        return configured
    return "us-east-1" if "us-east-1" in own else next(iter(own), "us-east-1")


def _go_on(**_: object) -> None:
    """Before each attempt of a call: none is made after a signal."""
    check()


def _only_answers(response_dict: dict[str, Any], operation_model: Any, **_: object) -> None:
    """Raise AwsError for a page of a proxy or portal, which botocore may take for an answer or stumble over.

    Those that say that a server is not there are emptied: botocore then tries again and tells their status.
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
        f"the answer to {what} does not come from AWS (HTTP status {status}, {_line(kind)}); sign in to the proxy in "
        "between, or check the endpoint"
    )


def read(
    connection: Connection, parts: Iterable[str] = PARTS, progress: Callable[[str], None] = lambda part: None
) -> tuple[dict[str, Any], dict[str, AwsError]]:
    """The answers to the questions of the parts, and the error for each part that AWS denied.

    `progress` hears the name of each part before it is read. Raises AwsError for anything but a denial.
    """
    answers: dict[str, Any] = {}
    denied: dict[str, AwsError] = {}
    for part in PARTS:
        if part not in parts:
            continue
        progress(part)
        try:
            answer = _READERS[part](connection)
            answers[part] = connection.without_secrets(_OPERATIONS[part], answer) if part in _OPERATIONS else answer
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
    answer = _plain(connection.call("GetCredentialReport"))
    return answer | {"Content": base64.b64encode(answer["Content"]).decode()}


def _password_policy(connection: Connection) -> dict[str, Any]:
    try:
        return _plain(connection.call("GetAccountPasswordPolicy"))
    except AwsError as error:
        if error.code != "NoSuchEntity":
            raise
        return {}


_READERS: Mapping[str, Callable[[Connection], dict[str, Any]]] = {
    "caller-identity": Connection.caller,
    "authorization-details": lambda connection: connection.pages("GetAccountAuthorizationDetails"),
    "credential-report": _credential_report,
    "password-policy": _password_policy,
    "account-summary": lambda connection: _plain(connection.call("GetAccountSummary")),
    "virtual-mfa-devices": lambda connection: connection.pages("ListVirtualMFADevices"),
}
_OPERATIONS: Mapping[str, str] = {
    "authorization-details": "GetAccountAuthorizationDetails",
    "credential-report": "GetCredentialReport",
    "password-policy": "GetAccountPasswordPolicy",
    "account-summary": "GetAccountSummary",
    "virtual-mfa-devices": "ListVirtualMFADevices",
}
"""Part → the operation of IAM whose answer it is."""


def _without_secrets(value: Any, shape: Any) -> Any:
    """A value of a shape of botocore's, without members whose shapes are marked as sensitive."""
    if isinstance(value, dict) and shape.type_name == "structure":
        return {
            key: _without_secrets(item, shape.members[key]) if key in shape.members else item
            for key, item in value.items()
            if key not in shape.members or not shape.members[key].metadata.get("sensitive")
        }
    if isinstance(value, list) and shape.type_name == "list":
        return [_without_secrets(item, shape.member) for item in value]
    return value


def _plain(answer: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}


@contextmanager
def _waited_for(what: str, say: Say) -> Iterator[None]:
    """Inside, somebody who waits long is told for what."""
    timer = threading.Timer(NOTICE, say, [f"waiting for an answer to {what}"])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _translated(what: str, call: Callable[[], Any], say: Say = _silent) -> Any:
    """The result of a call to boto3, or AwsError in the user's words."""
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
        raise AwsError(f"{_line(error)}; `aws configure list-profiles` lists those there are") from None
    except ResponseParserError:
        raise AwsError(f"the answer to {what} makes no sense; is that endpoint AWS's?") from None
    except (HTTPClientError, NotReachedError) as error:
        raise AwsError(f"{what} got no answer: {_line(error)}") from None
    except (BotoCoreError, ValueError) as error:
        raise AwsError(f"{what} cannot be used: {_line(error)}") from None


def _refused(what: str, response: Mapping[str, Any]) -> AwsError:
    error, metadata = response.get("Error", {}), response.get("ResponseMetadata", {})
    code, message = str(error.get("Code", "")), _line(error.get("Message", ""))
    certain = 400 <= metadata.get("HTTPStatusCode", 0) < 500 and not metadata.get("RetryAttempts", 0)
    if code in _CLOCK or message.startswith(_CLOCK_WORDS):
        text = f"AWS finds the time of this machine wrong ({message}); set its clock and run again"
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
