"""Write plans to files and read them back; a file is accepted only if policygen would make the same plan."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from policygen.deploy.desired import Desired
from policygen.deploy.plan import Plan, make_plan
from policygen.deploy.state import State, digest
from policygen.deploy.stored import from_json
from policygen.errors import PolicygenError
from policygen.files import read_text
from policygen.policy.source import Source


def to_data(plan: Plan) -> dict[str, Any]:
    """The plan as JSON, for its file and for `plan --format json`; `schemas/plan.schema.json` describes it."""
    desired = asdict(plan.desired)
    return {
        "version": 1,
        "account": plan.desired.account,
        "partition": plan.desired.partition,
        "digests": {"desired": digest(desired), "observed": plan.observed.fingerprint},
        "prune": plan.prune,
        "steps": [asdict(step) for step in plan.steps],
        "remarks": list(plan.remarks),
        "drift": list(plan.drift),
        "strangers": list(plan.strangers),
        "limits": dict(plan.summary),
        "desired": desired,
        "observed": asdict(plan.observed),
    }


def dumps(plan: Plan) -> str:
    """The text of a plan file."""
    return json.dumps(to_data(plan), indent=2, ensure_ascii=False) + "\n"


def load(path: Path) -> Plan:
    """Read a plan file.

    Raises PolicygenError if the file is not a plan, or if it was edited, so that its steps do not follow from its
    observed and desired states.
    """
    from policygen.policy.schema import violations

    source = Source(read_text(path), str(path))
    data = source.data
    for pointer, message in violations("plan", data):
        line = source.span(pointer).line
        raise PolicygenError(f"{path}:{line}: is not a plan that `policygen plan -o` wrote: {message}")
    desired, observed = from_json(Desired, data["desired"]), from_json(State, data["observed"])
    plan = make_plan(desired, observed, data["limits"], prune=data["prune"])
    if json.loads(dumps(plan)) != data:
        raise PolicygenError(f"{path}: was edited since `policygen plan` wrote it; change the manifest and plan again")
    return plan
