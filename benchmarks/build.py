"""How many policies a second `policygen build` makes, and whether that holds as the manifest grows.

Each manifest has N accounts with ten groups, one recipe each: rendered, held against its schema, linted, written.

usage: python benchmarks/build.py [ACCOUNTS …]
"""

import sys
import tempfile
import time
from pathlib import Path

from policygen import load_catalog
from policygen.manifest.build import plan_build, write_build
from policygen.manifest.model import load_manifest

RECIPES = [name for name in load_catalog() if name != "quarantine"]


def main(sizes: list[int]) -> None:
    print(f"{'policies':>8} {'render s':>9} {'write s':>8} {'a second':>9} {'against the first':>18}")
    first = 0.0
    for accounts in sizes:
        policies, rendering, writing = _build(accounts)
        each = (rendering + writing) / policies
        first = first or each
        print(f"{policies:8} {rendering:9.2f} {writing:8.2f} {1 / each:9.0f} {each / first:18.2f}")


def _build(accounts: int) -> tuple[int, float, float]:
    groups = "".join(f'[groups.G{i}]\nrecipes = ["{name}"]\n' for i, name in enumerate(RECIPES))
    text = '[parameters.enforce-source-ip]\ncidrs = ["203.0.113.0/24"]\n' + groups
    text += "".join(f'[accounts.a{i}]\nid = "{i:012}"\n' for i in range(accounts))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "policygen.toml")
        path.write_text(text)
        manifest = load_manifest(path)
        start = time.perf_counter()
        build = plan_build(manifest)
        rendered = time.perf_counter()
        write_build(manifest, build, prune=False)
        return len(build.files), rendered - start, time.perf_counter() - rendered


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [10, 30, 100])
