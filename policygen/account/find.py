"""Find the user, group or role of an account that a text names: `user/alice`, `role/ci`, `group/Developers`, an ARN."""

from policygen.account.model import Account, Entity
from policygen.errors import PolicygenError, did_you_mean
from policygen.policy.arn import parse


def find_entity(account: Account, text: str) -> Entity:
    """The user, group or role that a text names, in any case.

    The ARN of a role session names its role. Raises PolicygenError, with a suggestion, if the account has none.
    """
    arn = parse(text)
    if arn and account.id and arn.account != account.id:
        raise PolicygenError(f"`{text}` is of account {arn.account}, but the snapshot is of account {account.id}")
    kind, _, rest = (arn.resource if arn else text).partition("/")
    if kind == "assumed-role":
        kind, rest = "role", rest.partition("/")[0]
    name, listed = rest.rpartition("/")[2], {"user": account.users, "group": account.groups, "role": account.roles}
    if kind not in listed or not name:
        raise PolicygenError(f"`{text}` is not an entity; write `user/NAME`, `role/NAME`, `group/NAME` or an ARN")
    found = {"user": account.user, "group": account.group, "role": account.role}[kind](name)
    if found is None:
        hint = did_you_mean(f"{kind}/{name}", [f"{kind}/{entity.name}" for entity in listed[kind]])
        raise PolicygenError(f"the account has no {kind} `{name}`{hint}")
    return found
