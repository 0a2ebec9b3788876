"""The catalog and the schemas that belong to the running code, wherever it was installed."""

import os
import subprocess
import sys
from pathlib import Path

import policygen.shipped as data


def test_a_checkout_uses_the_folders_beside_the_package():
    root = Path(__file__).parents[1]
    assert data.folder("schemas") == root / "schemas"
    assert data.folder("recipes") == root / "recipes"


def test_a_wheel_uses_the_folders_inside_the_package(tmp_path, monkeypatch):
    (tmp_path / "site-packages" / "policygen" / "recipes").mkdir(parents=True)
    monkeypatch.setattr(data, "__file__", str(tmp_path / "site-packages" / "policygen" / "shipped.py"))
    assert data.folder("recipes") == tmp_path / "site-packages" / "policygen" / "recipes"


def test_copies_that_an_editable_install_left_behind_are_not_looked_at(tmp_path):
    """They stand in site-packages, before the checkout, in a `policygen` folder without `__init__.py`."""
    root = Path(__file__).parents[1]
    (tmp_path / "policygen" / "schemas").mkdir(parents=True)
    run = subprocess.run(
        [sys.executable, "-c", "from policygen.shipped import folder; print(folder('schemas'))"],
        env={"PYTHONPATH": os.pathsep.join([str(tmp_path), str(root)])},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == str(root / "schemas")
