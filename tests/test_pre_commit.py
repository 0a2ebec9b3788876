"""The hooks for pre-commit, installed by it and run by git on real commits."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHIPPED = ("policygen", "recipes", "schemas", "pyproject.toml", "README.md", "LICENSE", ".pre-commit-hooks.yaml")
PRE_COMMIT = shutil.which("pre-commit", path=f"{Path(sys.executable).parent}") or shutil.which("pre-commit")

ADMIN = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
TEMPLATE = """Resources:
  Group:
    Type: AWS::IAM::Group
    Properties:
      Policies:
        - PolicyName: all
          PolicyDocument: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "*", Resource: "*"}]}
"""
TERRAFORM = """data "aws_iam_policy_document" "all" {
  statement {
    actions   = ["*"]
    resources = ["*"]
  }
}
"""
MANIFEST = """[lint]
exclude = ["/vendor/"]

[accounts.prod]
id = "123456789012"

[groups.AllUsers]
recipes = ["read-password-policy"]
"""

pytestmark = [
    pytest.mark.proof,
    pytest.mark.skipif(not PRE_COMMIT, reason="pre-commit is not installed"),
    pytest.mark.skipif(not shutil.which("git"), reason="git is not installed"),
]


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run a command in the repository `tmp_path/project`, which uses the hooks of a repository of this checkout."""
    monkeypatch.setenv("PRE_COMMIT_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("PYTHONPATH", raising=False)  # the hooks must run what pre-commit installed
    for key in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{key}_NAME", "A. User")
        monkeypatch.setenv(f"GIT_{key}_EMAIL", "user@example.com")

    def run(*command, folder="project"):
        done = subprocess.run(
            command, cwd=tmp_path / folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600
        )
        return done.returncode, done.stdout

    (tmp_path / "hooks").mkdir()
    for name in SHIPPED:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / "hooks" / name)
    for command in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "Hooks")):
        assert run("git", *command, folder="hooks")[0] == 0
    revision = run("git", "rev-parse", "HEAD", folder="hooks")[1].strip()
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / ".pre-commit-config.yaml").write_text(
        f"repos:\n  - repo: {tmp_path / 'hooks'}\n    rev: {revision}\n"
        "    hooks:\n      - id: policygen-lint\n      - id: policygen-build-check\n"
    )
    assert run("git", "init", "-q")[0] == 0
    return run


def test_a_commit_is_refused_until_its_policies_are_right(run, tmp_path):
    project = tmp_path / "project"
    (project / "policygen.toml").write_text(MANIFEST)
    (project / "vendor").mkdir()
    (project / "vendor" / "admin.json").write_text(json.dumps(ADMIN))
    bad = {"admin.json": json.dumps(ADMIN), "template.yaml": TEMPLATE, "main.tf": TERRAFORM}
    for name, text in bad.items():
        (project / name).write_text(text)
    assert run(PRE_COMMIT, "install")[0] == 0
    run("git", "add", "-A")

    code, said = run("git", "commit", "-m", "Policies")
    assert code == 1, said
    assert all(f"\n{name}" in said for name in bad), said
    assert "vendor/admin.json" not in said
    assert "1 missing; run `policygen build` to fix it" in said

    for name in bad:
        run("git", "rm", "-q", "-f", name)
    built = subprocess.run([sys.executable, "-m", "policygen", "build"], cwd=project, env={"PYTHONPATH": str(ROOT)})
    assert built.returncode == 0
    run("git", "add", "-A")
    code, said = run("git", "commit", "-m", "Policies")
    assert code == 0, said
    assert said.count("Passed") == 2
