"""Policies and statements in a few words."""

from policygen.policy.model import Kind, Policy


def allow(action="*", resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def deny(action="*", resource="*", **more):
    return allow(action, resource, **more) | {"Effect": "Deny"}


def document(*statements):
    return {"Version": "2012-10-17", "Statement": list(statements)}


def policy(*statements, kind=Kind.IDENTITY, name=""):
    return Policy(document(*statements), kind, name=name)
