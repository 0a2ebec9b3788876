"""The policies that commands take from files and from stdin."""

from policygen.errors import PolicygenError
from policygen.files import read_text
from policygen.loader.documents import policies
from policygen.policy.model import Kind, Policy
from policygen.policy.source import Source


def read_policies(path: str, kind: Kind | None = None) -> list[Policy]:
    """The policies of a file, or of stdin for `-`, of the kind given or of the one that they show themselves to be.

    Raises PolicygenError for a file without any.
    """
    name = "<stdin>" if path == "-" else path
    found = list(policies(Source(read_text(path), name), kind))
    if not found:
        raise PolicygenError(f"{name}: holds no policy")
    return found
