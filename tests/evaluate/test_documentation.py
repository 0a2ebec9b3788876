"""`docs/evaluation.md` keeps up with what it describes."""

import json
import re
from importlib.resources import files
from pathlib import Path

from policygen.evaluate.operators import COMPARISONS
from policygen.reference.operators import OPERATORS
from tests.evaluate.oracle import faults

GUIDE = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text(encoding="utf-8")


def test_every_fault_of_the_oracle_is_listed_and_no_other():
    listed = re.findall(r"^\| `([a-z0-9-]+)` \|", GUIDE, re.MULTILINE)
    source = Path(faults.__file__).read_text(encoding="utf-8")
    known = {fault.name for fault in faults.FAULTS} | set(re.findall(r'(?:append\(|\*names, )"([a-z-]+)"', source))
    assert set(listed) - {"mfa", "no-mfa", "long-term-key"} == known


def test_every_operator_is_described():
    for operator in OPERATORS.values():
        assert re.sub(r"Not(?=E|L|I)|^(Numeric|Date).*", r"\1", operator.name) in GUIDE


def test_every_operator_is_implemented_and_nothing_else():
    compared = {(o.family, o.comparison) for o in OPERATORS.values() if o.family != "Null"}
    assert compared == COMPARISONS.keys()


def test_every_special_of_a_service_says_where_it_is_written():
    data = json.loads(files("policygen.reference").joinpath("data/service-specials.json").read_text("utf-8"))
    entries = [entry for kind in data.values() if isinstance(kind, list) for entry in kind] + [data["limited_by_rcps"]]
    assert len(entries) > 5
    assert all(entry["source"].startswith("https://docs.aws.amazon.com/") for entry in entries)
