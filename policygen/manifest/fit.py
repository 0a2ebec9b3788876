"""Whether the policies of a manifest fit where they go: AWS's quotas, and names that must be unique."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from policygen.errors import some
from policygen.manifest.model import Account, Carried, Manifest
from policygen.manifest.places import Boundary, Group, Place, Role, Unit
from policygen.reference.managed_policies import resolve
from policygen.reference.quotas import account_quotas, quotas

_MOST_ATTACHED = {"group": "AttachedPoliciesPerGroupQuota", "role": "AttachedPoliciesPerRoleQuota"}


def refusals(
    manifest: Manifest, found: Collection[Carried], accounts: Iterable[Account | None]
) -> Iterator[tuple[Place, str]]:
    """The places whose policies AWS would reject: too long or too many, or two of them have the same name."""
    shared: dict[tuple[str, str], Carried] = {}
    for account in accounts:
        for place in manifest.places:
            own = [one for one in found if one.account is account and one.place is place]
            if own or (account and account.name in place.accounts):
                where = f"{place.words} in account `{account.name}`" if account else place.words
                for sentence in (*_too_much(account, place, own), *_at_odds(own, shared)):
                    yield place, f"{where} {sentence}"


def _too_much(account: Account | None, place: Place, own: Collection[Carried]) -> Iterator[str]:
    if isinstance(place, Group | Role) and account:
        yield from _too_much_attached(account, place, own)
    for one in own:
        if one.rendered.recipe.kind not in ("identity", "managed"):
            kind = one.rendered.recipe.kind
            quota = quotas()["managed" if kind == "boundary" else kind]
            yield from _too_long(f"`{one.instance.name}`", quota.measure(one.rendered.policy), quota.name)


def _too_much_attached(account: Account, place: Group | Role, own: Iterable[Carried]) -> Iterator[str]:
    attached = {resolve(name, partition=account.partition, account=account.id) for name in place.attach}
    inline: dict[str, int] = {}
    for one in own:
        kind, policy = one.rendered.recipe.kind, one.rendered.policy
        if kind == "managed":
            attached.add(policy.document["PolicyArn"])
        elif kind == "identity" and place.managed:
            attached.add(one.instance.name)
            yield from _too_long(f"`{one.instance.name}`", policy.size, "managed")
        elif kind == "identity":
            inline[one.instance.name] = policy.size
    for sentence in _too_long("inline policies", sum(inline.values()), f"{place.noun}-inline"):
        moved = _to_move(inline, quotas()[f"{place.noun}-inline"].limit)
        yield f"{sentence}; set `managed = true`, or move {some(moved)} to another {place.noun}"
    most = account_quotas()[_MOST_ATTACHED[place.noun]]
    if len(attached) > most:
        yield f"has {len(attached)} managed policies; IAM accepts {most}"


def _to_move(sizes: Mapping[str, int], limit: int) -> list[str]:
    """The fewest policies without which the others fit: the smallest one that is enough, or else the largest ones."""
    over, moved = sum(sizes.values()) - limit, list[str]()
    for name, size in sorted(sizes.items(), key=lambda item: -item[1]):
        enough = [other for other in sizes if other not in moved and sizes[other] >= over]
        if enough:
            return [*moved, min(enough, key=lambda other: sizes[other])]
        moved.append(name)
        over -= size
    return moved


def _too_long(what: str, characters: int, place: str) -> Iterator[str]:
    quota = quotas()[place]
    if characters > quota.limit:
        yield f"has {what} with {characters:,} characters; {quota.where} may have {quota.limit:,}"


def _at_odds(own: Iterable[Carried], shared: dict[tuple[str, str], Carried]) -> Iterator[str]:
    """Managed policies, of which an account has one of a name, and policies of an organization that differ."""
    for one in own:
        namespace = _namespace(one)
        if namespace:
            other = shared.setdefault((namespace, one.instance.name.lower()), one)
            if other.rendered.policy.document != one.rendered.policy.document:
                what = "policy of the organization" if isinstance(one.place, Unit) else "managed policy"
                hint = "make one of them inline" if isinstance(one.place, Group | Role) else "give one another name"
                yield f"needs another {what} `{one.instance.name}` than {other.place.words}; {hint}"


def _namespace(one: Carried) -> str:
    """Where the name of a policy must be unique; "" for an inline policy, and for one of AWS's."""
    kind = one.rendered.recipe.kind
    if isinstance(one.place, Unit):
        return kind
    is_managed = isinstance(one.place, Boundary) or (isinstance(one.place, Group | Role) and one.place.managed)
    return one.account.id if one.account and is_managed and kind in ("identity", "boundary") else ""
