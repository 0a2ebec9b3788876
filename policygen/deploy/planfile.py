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


def dumps(*plans: Plan) -> str:
    """The text of a plan file: one plan, or those of several accounts under `plans`."""
    every = [to_data(plan) for plan in plans]
    data = every[0] if len(every) == 1 else {"version": 1, "plans": every}
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def load(path: Path) -> list[Plan]:
    """Read the plans of a plan file.

    Raises PolicygenError if the file does not contain plans, or if it was edited, so that the steps of a plan do not
    follow from its observed and desired states.
    """
    source = Source(read_text(path), str(path))
    data = source.data
    if isinstance(data, dict) and data.keys() == {"version", "plans"} and isinstance(data["plans"], list):
        return [_load(source, one, f"/plans/{index}") for index, one in enumerate(data["plans"])]
    return [_load(source, data, "")]


def _load(source: Source, data: Any, where: str) -> Plan:
    from policygen.policy.schema import violations

    for pointer, message in violations("plan", data):
        line = source.span(f"{where}{pointer}").line
        raise PolicygenError(f"{source.file}:{line}: is not a plan that `policygen plan -o` wrote: {message}")
    desired, observed = from_json(Desired, data["desired"]), from_json(State, data["observed"])
    plan = make_plan(desired, observed, data["limits"], prune=data["prune"])
    if json.loads(dumps(plan)) != data:
        raise PolicygenError(
            f"{source.file}: was edited since `policygen plan` wrote it; change the manifest and plan again"
        )
    return plan
