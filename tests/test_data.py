"""The catalog and the schemas that belong to the running code, wherever it was installed."""

import sys
from pathlib import Path

import policygen.data as data


def test_a_checkout_uses_the_folders_beside_the_package():
    root = Path(__file__).parents[1]
    assert data.folder("schemas") == root / "schemas"
    assert data.folder("recipes") == root / "recipes"


def test_a_wheel_uses_the_folders_inside_the_package(tmp_path, monkeypatch):
    (tmp_path / "site-packages" / "policygen" / "recipes").mkdir(parents=True)
    monkeypatch.setattr(data, "__file__", str(tmp_path / "site-packages" / "policygen" / "data.py"))
    assert data.folder("recipes") == tmp_path / "site-packages" / "policygen" / "recipes"


def test_copies_that_an_editable_install_left_behind_are_not_looked_at(tmp_path, monkeypatch):
    (tmp_path / "policygen" / "schemas").mkdir(parents=True)
    monkeypatch.syspath_prepend(tmp_path)
    assert sys.path[0] == str(tmp_path)
    assert data.folder("schemas") == Path(__file__).parents[1] / "schemas"
