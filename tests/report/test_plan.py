"""A plan of many accounts is told once where it is the same, and fits into a comment."""

import json

import click
import pytest


@pytest.fixture
def fleet(tmp_path, monkeypatch):
    """The plan of a manifest for any number of empty accounts, from snapshots, as text."""

    def shown(number: int, recipes: str, *options: str) -> str:
        ids = [f"{111111111111 + index}" for index in range(number)]
        accounts = "".join(f'[accounts.a{index}]\nid = "{id_}"\n' for index, id_ in enumerate(ids))
        (tmp_path / "policygen.toml").write_text(f"{accounts}[groups.All]\nrecipes = {recipes}\ncommon = true\n")
        monkeypatch.chdir(tmp_path)
        plans = []
        for id_ in ids:
            (tmp_path / id_).mkdir(exist_ok=True)
            details = {"UserDetailList": [], "GroupDetailList": [], "RoleDetailList": [], "Policies": []}
            (tmp_path / id_ / "authorization-details.json").write_text(json.dumps(details))
            caller = {"Account": id_, "Arn": f"arn:aws:iam::{id_}:user/me", "UserId": "X"}
            (tmp_path / id_ / "caller-identity.json").write_text(json.dumps(caller))
            plans.append(tmp_path / id_)
        return prepared_text(plans, options)

    def prepared_text(folders, options):
        from policygen.account.snapshot import read_folder
        from policygen.deploy.accounts import plan_accounts
        from policygen.manifest.model import load_manifest
        from policygen.report.plan import render

        manifest, found = load_manifest("policygen.toml"), []
        for folder in folders:
            found += [plan for _, plan in plan_accounts(manifest, context={}, snapshot=read_folder(folder))]
        return click.unstyle(render(found, options[0], brief="brief" in options))

    return shown


def test_equal_plans_are_told_once_and_a_last_line_counts_all(fleet):
    one, three = fleet(1, '["enforce-tls"]', "text"), fleet(3, '["enforce-tls"]', "text")
    assert [three.count(f"account {111111111111 + index}") for index in range(3)] == [1, 1, 1]
    assert three.count("create group All") == 1
    assert three.splitlines()[-1] == "3 accounts: 6 steps in 3 of them" and "accounts" not in one.splitlines()[-1]


def test_a_brief_plan_has_no_steps(fleet):
    shown = fleet(2, '["enforce-tls"]', "text", "brief")
    assert "create group" not in shown and "2 steps: 1 takes rights" in shown


def test_the_detail_is_what_fits(fleet, monkeypatch):
    """A text that is one character too long loses its diffs, then its steps, and only then its end."""
    shown = fleet(1, '["self-manage", "enforce-tls"]', "markdown")
    for has, lacks in (("Steps", "```diff"), ("3 steps", "Steps"), ("is cut off", "undo the plan")):
        limit = len(shown) - 1
        monkeypatch.setattr("policygen.report.plan.LONGEST", limit)
        shown = fleet(1, '["self-manage", "enforce-tls"]', "markdown")
        assert has in shown and lacks not in shown and len(shown) <= limit
