"""IAM policies from a catalog of recipes: rendered, linted, proven, committed, applied to groups, audited.

    >>> import policygen
    >>> policygen.render("self-manage", account="123456789012").policy.document["Version"]
    '2012-10-17'

The public API is the names in `__all__` and the attributes that docs/api.md documents. Everything else is private and
may change in any release. Every mistake of a caller raises `PolicygenError`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from policygen.errors import PolicygenError

if TYPE_CHECKING:
    from concurrent.futures import Executor
    from pathlib import Path

    from policygen.deploy.judged_plan import JudgedPlan
    from policygen.evaluate import CompiledPolicy, Decision
    from policygen.evaluate.compare import Comparison
    from policygen.finding import Finding
    from policygen.policy.model import Policy
    from policygen.recipe.catalog import Recipe
    from policygen.recipe.render import Rendered

__version__ = "0.1.0"
__all__ = [
    "PolicygenError",
    "__version__",
    "audit_accounts",
    "compare",
    "lint_policy",
    "load_catalog",
    "plan",
    "render",
    "simulate",
]

Document = Mapping[str, Any] | str
"""A policy document: JSON text, or the parsed object."""


def load_catalog(*directories: "str | Path") -> "dict[str, Recipe]":
    """The recipes that ship with policygen and those in the folders given, by name.

    Raises PolicygenError for a folder that does not exist, a broken recipe, or two recipes with the same name.
    """
    from policygen.recipe.catalog import load_catalog as load

    return load(*directories)


def render(
    name: str,
    *,
    account: str,
    partition: str = "aws",
    parameters: Mapping[str, Any] | None = None,
    catalogs: "Sequence[str | Path]" = (),
) -> "Rendered":
    """Render a recipe for an account.

    `account` is 12 digits, `parameters` are the recipe's own by name, `catalogs` are folders with further recipes.
    Returns a `Rendered`: `policy.document` (the parsed JSON), `text()` (canonical JSON), `findings` (of schema and
    linter) and `ok` (whether none of them is an error). Raises PolicygenError for an unknown recipe, an unknown or
    missing parameter, and an invalid value.
    """
    from policygen.recipe.catalog import find_recipe
    from policygen.recipe.render import render_recipe

    given = {**(parameters or {}), "account": account, "partition": partition}
    return render_recipe(find_recipe(name, *catalogs), given)


def lint_policy(document: Document, *, kind: str = "identity", file: str = "") -> "list[Finding]":
    """The findings of all rules about one policy document, in the order of the document.

    Findings have a line and column if `document` is JSON text. `kind` is `identity`, `boundary`, `scp`, `rcp`,
    `resource` or `trust`. Raises PolicygenError for text that is not a JSON object, and for an unknown kind.
    """
    from policygen.lint.linter import lint

    return lint(_policy(document, kind, file))


def simulate(
    policies: Document | Iterable[Document],
    action: str,
    resource: str = "*",
    *,
    account: str,
    partition: str = "aws",
    principal: str = "user/alice",
    session: str | None = None,
    context: Mapping[str, Any] | None = None,
    resource_account: str = "",
    boundary: Document | None = None,
    session_policy: Document | None = None,
    scps: Iterable[Iterable[Document]] = (),
    rcps: Iterable[Iterable[Document]] = (),
    resource_policy: Document | None = None,
) -> "Decision":
    """Decide one request, as IAM would.

    `policies` are the identity policies of the principal, including those of its groups; `scps` and `rcps` have one
    entry for each level, from the root of the organization to the account. `principal` is `user/NAME`,
    `role/NAME/SESSION`, `root` or an ARN; `session` is `mfa`, `no-mfa` or `long-term-key`; `context` maps condition
    keys to a text or a list of texts. Returns a `Decision`: `outcome` (`allow`, `explicit-deny`, `implicit-deny` or
    `unknown`), `reason` and `statements`. Raises PolicygenError for an action, key or principal that does not exist.
    """
    from policygen.evaluate import Layers, decide, person_request
    from policygen.evaluate.known import check_action, check_keys

    request = person_request(
        principal,
        action,
        resource,
        account=account,
        partition=partition,
        session=session,
        context=context,
        resource_account=resource_account,
    )
    check_action(action)
    check_keys(context or {})
    layers = Layers(
        identity=_compiled(policies),
        boundary=next(iter(_compiled(boundary, "boundary")), None),
        session=next(iter(_compiled(session_policy)), None),
        scps=tuple(_compiled(level, "scp") for level in scps),
        rcps=tuple(_compiled(level, "rcp") for level in rcps),
        resource=_compiled(resource_policy, "resource") or None,
    )
    return decide(request, layers)


def compare(
    old: Document | Iterable[Document], new: Document | Iterable[Document], *, kind: str = "identity"
) -> "Comparison":
    """Whether the new policies together allow a request that the old ones together do not.

    Returns a `Comparison`: `verdict` (`none`, `found` or `unknown`), `witness` (a request that is newly allowed) and
    `reason` (why the verdict is unknown). `kind` is as for `lint_policy`. Raises PolicygenError for text that is not a
    JSON object, and for an unknown kind.
    """
    from policygen.evaluate import Layers, layered, new_access

    sides = (layered((one.policy for one in _compiled(side, kind)), Layers()) for side in (old, new))
    return new_access(*sides)


def audit_accounts(
    snapshots: "Iterable[str | Path]", *, manifest: "str | Path | None" = None, executor: "Executor | None" = None
) -> "list[Finding]":
    """Audit accounts from the folders that `policygen snapshot` wrote, one folder per account.

    The manifest defines the groups, categories and exceptions. Passes are left out; what a snapshot does not contain
    is a finding whose `result` is `unknown`. `executor` can be any `concurrent.futures.Executor`. Raises
    PolicygenError for a folder that is not a snapshot, for a manifest that cannot be read, and if no snapshot can.
    """
    from pathlib import Path

    from policygen.account.snapshot import read_folder
    from policygen.audit.run import audit_all, job_of
    from policygen.audit.settings import settings
    from policygen.manifest.model import load_manifest

    jobs = []
    for folder in map(Path, snapshots):
        if job := job_of(folder):
            jobs.append(job)
        else:
            read_folder(folder)  # raises PolicygenError with the reason
    return list(audit_all(jobs, settings(load_manifest(manifest) if manifest else None), executor).findings)


def plan(
    manifest: "str | Path",
    snapshots: "Iterable[str | Path]",
    *,
    prune: bool = False,
    context: Mapping[str, str] | None = None,
) -> "list[JudgedPlan]":
    """Plan the changes to the accounts of a manifest, from the folders that `policygen snapshot` wrote.

    Returns a `JudgedPlan` for each snapshot: `name` of the account, `plan.steps`, `errors` (the linter's findings about
    the policies), `verdict` (who would be locked out) and `effects` (what each step grants and removes). `prune` also
    removes what the manifest no longer contains; `context` has condition keys of the people who sign in, for the
    verdict. Raises PolicygenError for a manifest or a snapshot that cannot be read, and for a snapshot of an account
    that is not in the manifest.
    """
    from pathlib import Path

    from policygen.account.snapshot import read_folder
    from policygen.deploy.accounts import plan_accounts
    from policygen.manifest.model import load_manifest

    wanted, plans = load_manifest(manifest), []
    for folder in snapshots:
        read = read_folder(Path(folder))
        for _, result in plan_accounts(wanted, (read.id or "",), prune=prune, context=context or {}, snapshot=read):
            if isinstance(result, PolicygenError):
                raise result
            plans.append(result)
    return plans


def _policy(document: Document, kind: str, file: str = "") -> "Policy":
    from policygen.policy.model import Kind, Policy
    from policygen.policy.source import Source

    if kind not in list(Kind):
        raise PolicygenError(f"`{kind}` is not a kind of policy; give one of {', '.join(Kind)}")
    source = Source(document, file) if isinstance(document, str) else None
    data = source.data if source else document
    if not isinstance(data, Mapping):
        raise PolicygenError(f"{file or 'the document'}: a policy is a JSON object")
    return Policy(dict(data), Kind(kind), source)


def _compiled(documents: Document | Iterable[Document] | None, kind: str = "identity") -> "tuple[CompiledPolicy, ...]":
    from policygen.evaluate import compile_policy

    if documents is None:
        return ()
    each = [documents] if isinstance(documents, str | Mapping) else documents
    return tuple(compile_policy(_policy(document, kind)) for document in each)
