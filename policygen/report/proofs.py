"""The results of a recipe's cases: for people, scripts and build servers."""

import json
from collections.abc import Iterator, Sequence
from xml.etree import ElementTree as ET

import click

from policygen.evaluate import Outcome, explain
from policygen.recipe.case_text import case_of
from policygen.recipe.cases import Case
from policygen.recipe.never import Never
from policygen.recipe.prove import Failure, Proof, full_name
from policygen.recipe.survivors import Survivor
from policygen.report import count, printable
from policygen.report.decision import explained
from policygen.report.junit import document

_NO_CASES = "has no cases: write cases.toml"
_EQUIVALENT = "decides every request of a user as the policy itself does"


def render(proofs: Sequence[Proof], form: str, *, suggest: bool = False) -> str:
    """The proofs as `text`, `json` or `junit`, with a final newline; text has ANSI colours, for click to strip.

    With `suggest`, text shows for each survivor the case that would notice it; JSON always has it.
    """
    return _text(proofs, suggest) if form == "text" else {"json": _json, "junit": _junit}[form](proofs)


def _text(proofs: Sequence[Proof], suggest: bool) -> str:
    width = max((len(proof.name) for proof in proofs), default=0)
    lines = [line for proof in proofs for line in _line(proof, width)]
    for proof in proofs:
        for failure in proof.failures:
            lines += ["", click.style(f"FAILED {proof.name}: {printable(failure.case.name)}", fg="red", bold=True)]
            lines += [f"  {label:9} {printable(text)}" for label, text in _details(failure)]
            lines += [f"  {explained(one)}" for one in explain(failure.decision.request, failure.decision.layers)]
            lines += _as_case(failure)
        for survivor in proof.survivors:
            head = click.style(f"SURVIVES {proof.name}: {_change(survivor)}", fg="red", bold=True)
            lines += ["", head, survivor.diff, *([_suggestion(survivor)] if suggest else [])]
        for survivor in proof.equivalent:
            lines += ["", f"equivalent {proof.name}: {_change(survivor)}", f"  {_EQUIVALENT}"]
    return "\n".join([*lines, "", _summary(proofs), ""])


def _line(proof: Proof, width: int) -> Iterator[str]:
    verdict = click.style("ok", fg="green") if proof.ok else click.style("FAILED", fg="red", bold=True)
    counted = f"{count(len(proof.cases), 'cases')}, {count(proof.requests, 'requests')}"
    if proof.mutants:
        counted += f", {len(proof.survivors)} of {count(proof.mutants, 'mutants')} not noticed"
    yield f"{proof.name:{width}}  {counted}  {verdict}"
    if proof.open_keys:
        yield f"{'':{width}}  not set in every case: {', '.join(proof.open_keys)}"
    if proof.of_aws:
        yield f"{'':{width}}  refers to an AWS managed policy: there is nothing to decide"
    elif proof.promises_nothing:
        yield f"{'':{width}}  {_NO_CASES}"


def _details(failure: Failure) -> Iterator[tuple[str, str]]:
    request, decision = failure.decision.request, failure.decision
    yield "request", f"{request.principal.arn} {request.action} on {request.resource}"
    yield "context", ", ".join(f"{key}={value}" for key, value in request.context.items()) or "nothing"
    yield "expected", _expected(failure.case)
    sids = [statement.sid or statement.pointer for statement in decision.statements]
    yield "got", str(decision.outcome) + (f" by {', '.join(sids)}" if sids else "")
    yield "why", decision.reason
    if failure.group:
        yield "group", failure.group
    if failure.others:
        yield "and", f"{count(failure.others, 'requests')} more in this case"


def _as_case(failure: Failure) -> list[str]:
    """The request that breaks a promise about every request, as a case that says what is decided now."""
    if not isinstance(failure.case, Never) or failure.decision.outcome is Outcome.UNKNOWN:
        return []
    return ["", case_of(failure.decision, {failure.case.account: "{{ account }}"})]


def _expected(case: Case | Never) -> str:
    if isinstance(case, Never):
        return "no such request is allowed"
    return str(case.decision) + (f" by {case.sid}" if case.sid else "")


def _change(survivor: Survivor) -> str:
    return printable(survivor.mutant.change + (f" ({survivor.group.name})" if survivor.group.name else ""))


def _suggestion(survivor: Survivor) -> str:
    return survivor.case or f"no request is known that would show it: {survivor.comparison.reason}"


def _summary(proofs: Sequence[Proof]) -> str:
    failures = sum(len(proof.failures) for proof in proofs)
    survivors = sum(len(proof.survivors) for proof in proofs)
    kept = f"{count(sum(len(proof.cases) for proof in proofs), 'cases')} in {count(len(proofs), 'recipes')}"
    empty = sum(proof.promises_nothing for proof in proofs)
    faults = [f"{failures} failed"] if failures else []
    faults += [f"{count(empty, 'recipes')} without cases"] if empty else []
    verdict = ", ".join(faults) or "all as promised"
    if mutants := sum(proof.mutants for proof in proofs):
        verdict += f"; {count(mutants, 'mutants')}, {survivors} not noticed"
        verdict += f", {sum(len(proof.equivalent) for proof in proofs)} equivalent"
    return click.style(f"{kept}: {verdict}", fg="green" if all(proof.ok for proof in proofs) else "red", bold=True)


def _json(proofs: Sequence[Proof]) -> str:
    return json.dumps({"version": 1, "recipes": [_entry(proof) for proof in proofs]}, indent=2) + "\n"


def _entry(proof: Proof) -> dict[str, object]:
    return {
        "name": proof.name,
        "ok": proof.ok,
        "cases": len(proof.cases),
        "requests": proof.requests,
        "open_keys": proof.open_keys,
        "failures": [{"case": f.case.name, **dict(_details(f))} for f in proof.failures],
        "mutants": proof.mutants,
        "survivors": [{"change": _change(s), "diff": s.diff, "case": s.case or None} for s in proof.survivors],
        "equivalent": [{"change": _change(s), "reason": _EQUIVALENT} for s in proof.equivalent],
    }


def _junit(proofs: Sequence[Proof]) -> str:
    root = ET.Element("testsuites", name="policygen test")
    for proof in proofs:
        faults = len(proof.failures) + len(proof.survivors) + proof.promises_nothing
        tests = len(proof.cases) + len(proof.survivors) + proof.promises_nothing
        suite = ET.SubElement(root, "testsuite", name=proof.name, tests=str(tests), failures=str(faults), errors="0")
        if proof.promises_nothing:
            case = ET.SubElement(suite, "testcase", name="promises something", classname=proof.name)
            ET.SubElement(case, "failure", message=_NO_CASES)
        failed = {full_name(failure.group, failure.case): failure for failure in proof.failures}
        for name in proof.cases:
            case = ET.SubElement(suite, "testcase", name=printable(name), classname=proof.name)
            if name in failed:
                details = "\n".join(f"{label}: {printable(text)}" for label, text in _details(failed[name]))
                ET.SubElement(case, "failure", message=printable(failed[name].decision.reason)).text = details
        for survivor in proof.survivors:
            case = ET.SubElement(suite, "testcase", name=_change(survivor), classname=f"{proof.name} mutants")
            ET.SubElement(case, "failure", message="no case notices this change").text = survivor.diff
    return document(root)
