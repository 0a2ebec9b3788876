"""Facts from AWS as data: each file names its source and its date."""

import json
from functools import cache
from pathlib import Path
from typing import Any


@cache
def load(name: str) -> Any:
    """The parsed content of `<name>.json` in this folder."""
    return json.loads(Path(__file__).with_name(f"{name}.json").read_text("utf-8"))
