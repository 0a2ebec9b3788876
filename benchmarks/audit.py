"""Audit an account at IAM's quotas: `python benchmarks/audit.py [--users N] [--keep DIR] [--html FILE]`.

The account is made up from a seed, so that two runs see the same one. Prints seconds and megabytes; exits 1 where they
are above what is promised: 5 s and 400 MB for every rule on 5,000 users, 300 groups, 1,500 policies and 1,000 roles.
"""

import argparse
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from policygen.account import snapshot
from policygen.audit.example import credential_report
from policygen.audit.rules import registry
from policygen.audit.run import Job, audit_all
from policygen.audit.settings import settings
from policygen.audit.strategy import Category
from policygen.report import Report, render, summary

ACCOUNT = "123456789012"
SECONDS, MEGABYTES = 5, 400
_NOW = datetime(2026, 11, 1, tzinfo=UTC)
_SERVICES = ("s3", "ec2", "sqs", "sns", "dynamodb", "lambda", "logs", "kms", "ecr", "rds", "iam", "cloudformation")
_VERBS = ("Get*", "List*", "Describe*", "Create*", "Delete*", "Put*", "Update*", "Tag*")


def account(users: int, seed: int = 1) -> dict[str, Any]:
    """The answers of AWS about an account of so many users, and of the rest in proportion to IAM's quotas."""
    rng = random.Random(seed)
    groups, policies, roles = (max(2, users * number // 5000) for number in (300, 1500, 1000))
    arns = [f"arn:aws:iam::{ACCOUNT}:policy/policy-{index}" for index in range(policies)]
    names = ["AllUsers", "AllHumanUsers", "AllHeadlessUsers", *(f"job-{index}" for index in range(groups - 3))]
    details = {
        "UserDetailList": [_user(rng, index, names, arns) for index in range(users)],
        "GroupDetailList": [_group(rng, name, arns) for name in names],
        "RoleDetailList": [_role(rng, index, arns) for index in range(roles)],
        "Policies": [_managed(rng, arn) for arn in arns],
    }
    rows = [_credentials(rng, user["UserName"]) for user in details["UserDetailList"]]
    return {
        "caller-identity": {"Account": ACCOUNT, "Arn": f"arn:aws:iam::{ACCOUNT}:user/auditor", "UserId": "AIDA"},
        "authorization-details": details,
        "credential-report": credential_report([{"user": "<root_account>", "mfa_active": "true"}, *rows]),
        "password-policy": {"PasswordPolicy": {"MinimumPasswordLength": 14, "PasswordReusePrevention": 24}},
        "account-summary": {"SummaryMap": {"AccountMFAEnabled": 1, "Users": users, "UsersQuota": 5000}},
        "virtual-mfa-devices": {"VirtualMFADevices": []},
    }


def _user(rng: random.Random, index: int, groups: list[str], arns: list[str]) -> dict[str, Any]:
    headless = rng.random() < 0.2
    name = f"svc-{index}" if headless else f"user.{index}"
    joined = [name for name in ("AllUsers", "AllHeadlessUsers" if headless else "AllHumanUsers") if rng.random() < 0.97]
    return {
        "UserName": name,
        "Path": "/",
        "UserId": f"AIDA{index:016}",
        "Arn": f"arn:aws:iam::{ACCOUNT}:user/{name}",
        "CreateDate": _date(rng),
        "GroupList": joined + rng.sample(groups[3:], min(rng.randint(0, 4), len(groups) - 3)),
        "UserPolicyList": _inline(rng, 0.1),
        "AttachedManagedPolicies": _attached(rng, arns, 0.1),
    }


def _group(rng: random.Random, name: str, arns: list[str]) -> dict[str, Any]:
    return {
        "GroupName": name,
        "Path": "/",
        "GroupId": f"AGPA{name}",
        "Arn": f"arn:aws:iam::{ACCOUNT}:group/{name}",
        "CreateDate": _date(rng),
        "GroupPolicyList": _inline(rng, 0.3),
        "AttachedManagedPolicies": _attached(rng, arns, 0.9),
    }


def _role(rng: random.Random, index: int, arns: list[str]) -> dict[str, Any]:
    trusted = rng.choice(("*", f"arn:aws:iam::{ACCOUNT}:root", "arn:aws:iam::999999999999:root"))
    principal = {"AWS": trusted} if rng.random() < 0.3 else {"Service": "ec2.amazonaws.com"}
    return {
        "RoleName": f"role-{index}",
        "Path": "/",
        "RoleId": f"AROA{index:016}",
        "Arn": f"arn:aws:iam::{ACCOUNT}:role/role-{index}",
        "CreateDate": _date(rng),
        "AssumeRolePolicyDocument": _document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}),
        "RolePolicyList": _inline(rng, 0.5),
        "AttachedManagedPolicies": _attached(rng, arns, 0.8),
        "RoleLastUsed": {"LastUsedDate": _date(rng)} if rng.random() < 0.7 else {},
    }


def _managed(rng: random.Random, arn: str) -> dict[str, Any]:
    versions = [
        {"VersionId": f"v{number}", "IsDefaultVersion": number == 1, "Document": _document(*_statements(rng, 8))}
        for number in range(rng.randint(1, 3), 0, -1)
    ]
    name = arn.rpartition("/")[2]
    return {
        "PolicyName": name,
        "Path": "/",
        "PolicyId": f"ANPA{name}",
        "Arn": arn,
        "AttachmentCount": rng.randint(0, 9),
        "CreateDate": _date(rng),
        "PolicyVersionList": versions,
    }


def _credentials(rng: random.Random, user: str) -> dict[str, str]:
    return {
        "user": user,
        "password_enabled": str(not user.startswith("svc-")).lower(),
        "password_last_used": _date(rng),
        "mfa_active": str(rng.random() < 0.8).lower(),
        "access_key_1_active": str(rng.random() < 0.5).lower(),
        "access_key_1_last_rotated": _date(rng),
        "access_key_1_last_used_date": _date(rng) if rng.random() < 0.8 else "N/A",
    }


def _inline(rng: random.Random, share: float) -> list[dict[str, Any]]:
    if rng.random() >= share:
        return []
    return [{"PolicyName": "inline", "PolicyDocument": _document(*_statements(rng, 3))}]


def _attached(rng: random.Random, arns: list[str], share: float) -> list[dict[str, str]]:
    chosen = rng.sample(arns, min(rng.randint(1, 3), len(arns))) if rng.random() < share else []
    attached = [{"PolicyName": arn.rpartition("/")[2], "PolicyArn": arn} for arn in chosen]
    admin = {"PolicyName": "AdministratorAccess", "PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}
    return attached + ([admin] if rng.random() < 0.01 else [])


def _statements(rng: random.Random, most: int) -> Iterator[dict[str, Any]]:
    for _ in range(rng.randint(1, most)):
        service = rng.choice(_SERVICES)
        everything = rng.random() < 0.02
        yield {
            "Effect": "Deny" if rng.random() < 0.1 else "Allow",
            "Action": "*" if everything else [f"{service}:{verb}" for verb in rng.sample(_VERBS, rng.randint(1, 5))],
            "Resource": "*" if rng.random() < 0.4 else f"arn:aws:{service}:*:{ACCOUNT}:thing/{rng.randint(0, 999)}/*",
            **({"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}} if rng.random() < 0.1 else {}),
        }


def _document(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _date(rng: random.Random) -> str:
    return (_NOW - timedelta(days=rng.randint(0, 400))).isoformat()


def main() -> int:
    parser = argparse.ArgumentParser(description="Audit an account at IAM's quotas.")
    parser.add_argument("--users", type=int, default=5000)
    parser.add_argument("--keep", type=Path, help="write the account's files there")
    parser.add_argument("--html", type=Path, help="write the report there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.keep or Path(temporary)
        snapshot.write(folder, account(options.users))
        job = Job(str(folder), snapshot.find(folder))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        decided = settings(
            common_groups=("AllUsers",),
            categories=(Category("AllHeadlessUsers", ("svc-*",)), Category("AllHumanUsers", ("*",))),
            selected=tuple(registry()),
        )
        start, worked = time.perf_counter(), time.process_time()
        outcome = audit_all([job], decided)
        seconds, worked = time.perf_counter() - start, time.process_time() - worked
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    report = Report(outcome.findings, rules=registry(), checked=outcome.checked, audit=outcome)
    print(summary(report))
    print(f"{seconds:.2f} s ({worked:.2f} s of one core), at most {peak} MB ({before // 1024} to make up the account)")
    if options.html:
        start = time.perf_counter()
        text = render(report, "html")
        options.html.write_text(text, encoding="utf-8")
        print(f"html: {len(text) / 1e6:.1f} MB in {time.perf_counter() - start:.2f} s")
    return int(worked > SECONDS or peak > MEGABYTES)


if __name__ == "__main__":
    sys.exit(main())
