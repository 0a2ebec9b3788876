"""Decide what policies allow: request → decision, with an explanation; compare two policies.

    policy = compile_policy(Policy(document))
    layers = Layers(identity=(policy,))
    request = person_request(
        "user/alice", "s3:GetObject", "arn:aws:s3:::logs/today", account="123456789012",
        session="no-mfa", context={"aws:SourceIp": "203.0.113.9"},
    )
    decision = decide(request, layers)
    decision.outcome            # Outcome.ALLOW | EXPLICIT_DENY | IMPLICIT_DENY | UNKNOWN; str() is `explicit-deny`
    decision.statements         # the deciding statements: each has .policy, .pointer, .sid, .allows
    decision.reason             # one clause: which layer did not allow, or why the outcome is unknown
    decision.missing_context    # keys that the policies read and the request leaves open

A policy is compiled once for any number of decisions. `Layers` also takes a boundary, a session policy, levels of SCPs
and RCPs, and resource policies, each compiled from a Policy of the right `Kind`. `trusting(account)` is a resource
policy that leaves everything to the account, for questions about identity policies alone; `allow_all()` is an identity
policy to evaluate policies that only limit. `explain(request, layers)` says which part of each statement is the first
that does not match.

    found = new_access(old, new)             # two Layers: does the new stack allow anything that the old one does not?
    found.verdict                            # Verdict.NONE is a proof, FOUND has a `witness`, UNKNOWN a `reason`
    for each in differences(old, new): …     # every set of actions that gains: .actions, .witness, .shown
    granted(layers, ["iam:Pass*"], ["*"])    # can any of these actions be allowed on any of these resources?

Anything that IAM would reject or the evaluator does not model is `unknown` with a reason: nothing is raised or guessed.
`Request` adds nothing to what it is given; `person_request` adds what follows from the principal and its session.
"""

from policygen.evaluate.compare import Comparison, Verdict, difference, differences, granted, new_access, public
from policygen.evaluate.compiled import CompiledPolicy, CompiledStatement, compile_policy
from policygen.evaluate.decide import Decision, Outcome, decide, missing_context
from policygen.evaluate.explain import Explanation, explain
from policygen.evaluate.layers import Layers, allow_all, layered, trusting
from policygen.evaluate.principal import Principal, PrincipalType
from policygen.evaluate.request import SESSIONS, Request, context_of, person_request

__all__ = [
    "SESSIONS",
    "Comparison",
    "CompiledPolicy",
    "CompiledStatement",
    "Decision",
    "Explanation",
    "Layers",
    "Outcome",
    "Principal",
    "PrincipalType",
    "Request",
    "Verdict",
    "allow_all",
    "compile_policy",
    "context_of",
    "decide",
    "difference",
    "differences",
    "explain",
    "granted",
    "layered",
    "missing_context",
    "new_access",
    "person_request",
    "public",
    "trusting",
]
