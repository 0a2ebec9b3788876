"""Short ways to ask, for the tests of this folder."""

from policygen import evaluate
from policygen.evaluate import Layers, Request, compile_policy, context_of, decide, layered
from policygen.evaluate import principal as principals
from policygen.policy.model import Kind, Policy
from tests.policies import allow

ACCOUNT = "123456789012"
OTHER = "210987654321"
ALICE = f"arn:aws:iam::{ACCOUNT}:user/alice"
OBJECT = "arn:aws:s3:::b/k"


def compiled(*statements, version="2012-10-17", kind=Kind.IDENTITY, name=""):
    document = {"Version": version, "Statement": list(statements)} if version else {"Statement": list(statements)}
    return compile_policy(Policy(document, kind, name=name))


def stack(policies):
    """Compiled policies as a stack, each in the layer of its kind."""
    return layered((one.policy for one in policies), Layers())


def new_access(old, new):
    return evaluate.new_access(stack(old), stack(new))


def difference(old, new):
    return evaluate.difference(stack(old), stack(new))


def request(action="s3:GetObject", resource=OBJECT, context=None, who=ALICE, owner=""):
    return Request(principals.parse(who), action, resource, context_of(context or {}), resource_account=owner)


def outcome(layers, asked=None):
    """The outcome of a request, as text; layers may be one statement, which is then the only identity policy's."""
    if isinstance(layers, dict):
        layers = Layers(identity=(compiled(layers),))
    return str(decide(asked or request(), layers).outcome)


def holds(condition, context, version="2012-10-17"):
    """Whether a condition block holds in a context: an Allow with it allows."""
    policy = compiled(allow(Condition=condition), version=version)
    decided = str(decide(request(context=context), Layers(identity=(policy,))).outcome)
    assert decided in ("allow", "implicit-deny")
    return decided == "allow"
