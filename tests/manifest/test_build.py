"""`policygen build`: a repository that holds what its manifest says."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

MANIFEST = """
[accounts.production]
id = "111122223333"
[accounts.china]
id = "444455556666"
partition = "aws-cn"

[groups.AllUsers]
recipes = ["self-manage", "enforce-mfa"]
[groups.Robots]
recipes = ["enforce-tls"]
accounts = ["production"]
"""


@pytest.fixture
def repository(tmp_path, monkeypatch) -> Callable[[str], Path]:
    monkeypatch.chdir(tmp_path)

    def write(manifest: str) -> Path:
        (tmp_path / "policygen.toml").write_text(manifest)
        return tmp_path

    return write


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} - {"policygen.toml"}


def test_every_policy_of_the_manifest_is_written(policygen, repository):
    folder = repository(MANIFEST)
    code, stdout, stderr = policygen("build")
    assert (code, stdout) == (0, "")
    assert "5 created" in stderr
    assert files(folder) == {
        "policies/production/AllUsers/self-manage.json",
        "policies/production/AllUsers/enforce-mfa.json",
        "policies/production/Robots/enforce-tls.json",
        "policies/china/AllUsers/self-manage.json",
        "policies/china/AllUsers/enforce-mfa.json",
        "policygen.build.json",
    }
    assert "arn:aws-cn:iam::444455556666:" in (folder / "policies/china/AllUsers/self-manage.json").read_text()


def test_a_file_is_what_render_prints(policygen, repository):
    folder = repository(MANIFEST)
    policygen("build")
    printed = policygen("render", "self-manage", "--account", "111122223333").stdout
    assert (folder / "policies/production/AllUsers/self-manage.json").read_text() == printed


def test_a_second_build_touches_nothing(policygen, repository):
    folder = repository(MANIFEST)
    policygen("build")
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert policygen("build").stderr == "5 unchanged\n"
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def test_only_what_changed_is_written(policygen, repository):
    folder = repository(MANIFEST)
    policygen("build")
    robots = folder / "policies/production/Robots/enforce-tls.json"
    before = robots.stat().st_mtime_ns
    repository(MANIFEST + "[parameters.enforce-mfa]\nmax_session_hours = 8\n")
    assert policygen("build").stderr.endswith("2 updated, 3 unchanged\n")
    assert robots.stat().st_mtime_ns == before


def test_the_group_wins_over_the_account_and_that_over_the_manifest(policygen, repository):
    folder = repository(
        MANIFEST
        + """
        [parameters.enforce-mfa]
        max_session_hours = 1
        exempt = "none"
        [accounts.china.parameters.enforce-mfa]
        max_session_hours = 2
        [groups.Admins]
        recipes = ["enforce-mfa"]
        [groups.Admins.parameters.enforce-mfa]
        max_session_hours = 3
        """
    )
    policygen("build")
    seconds = {
        path: '"3600"' in text or ('"7200"' in text and 2) or ('"10800"' in text and 3)
        for path in ("production/AllUsers", "china/AllUsers", "production/Admins", "china/Admins")
        for text in [(folder / "policies" / path / "enforce-mfa.json").read_text()]
    }
    assert list(seconds.values()) == [1, 2, 3, 3]


def test_check_passes_on_a_fresh_repository_and_writes_nothing(policygen, repository):
    folder = repository(MANIFEST)
    assert policygen("build", "--check").code == 1
    assert files(folder) == set()
    policygen("build")
    assert policygen("build", "--check") == (0, "", "5 fresh\n")


def test_check_shows_every_stale_missing_and_extra_file(policygen, repository):
    folder = repository(MANIFEST)
    policygen("build")
    stale = folder / "policies/production/AllUsers/self-manage.json"
    stale.write_text(stale.read_text().replace("iam:ChangePassword", "iam:UpdateLoginProfile"))
    (folder / "policies/china/AllUsers/self-manage.json").unlink()
    repository(MANIFEST.replace('"self-manage", "enforce-mfa"', '"self-manage"'))
    before = files(folder)
    code, stdout, stderr = policygen("build", "--check")
    assert code == 1
    assert '-        "iam:UpdateLoginProfile",' in stdout
    assert '+        "iam:ChangePassword",' in stdout
    assert "--- /dev/null\n+++ b/policies/china/AllUsers/self-manage.json" in stdout
    assert "--- a/policies/china/AllUsers/enforce-mfa.json\n+++ /dev/null" in stdout
    assert stderr == "1 missing, 1 stale, 2 extra, 1 fresh; run `policygen build --prune` to fix it\n"
    assert files(folder) == before


def test_a_diff_shows_codes_for_a_terminal_and_does_not_send_them(policygen, repository):
    folder = repository(MANIFEST)
    policygen("build")
    (folder / "policies/production/AllUsers/self-manage.json").write_text("\a\u202e\n")
    assert "-\\x07\\u202e\n" in policygen("build", "--check").stdout


def test_what_is_no_longer_wanted_goes_only_with_prune(policygen, repository):
    folder = repository(MANIFEST)
    policygen("build")
    repository(MANIFEST.partition("[groups.Robots]")[0])
    extra = folder / "policies/production/Robots/enforce-tls.json"
    assert "--prune" in policygen("build").stderr
    assert extra.exists()
    policygen("build", "--prune")
    assert not extra.exists()
    assert policygen("build", "--check").code == 0


def test_prune_leaves_a_file_that_somebody_changed(policygen, repository):
    folder = repository(MANIFEST)
    policygen("build")
    extra = folder / "policies/production/Robots/enforce-tls.json"
    extra.write_text("{}\n")
    repository(MANIFEST.partition("[groups.Robots]")[0])
    code, _, stderr = policygen("build", "--prune")
    assert code == 2
    assert "was changed by hand" in stderr
    assert extra.exists()


def test_files_of_others_are_never_touched(policygen, repository):
    folder = repository(MANIFEST)
    mine = folder / "policies/production/AllUsers/mine.json"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    policygen("build", "--prune")
    assert policygen("build", "--check").code == 0
    assert mine.read_text() == "mine"


def test_recipes_of_your_own_are_found_from_the_manifest(policygen, repository, make_recipe, tmp_path):
    folder = repository('catalogs = ["."]\n' + MANIFEST.replace('"enforce-tls"', '"our-own"'))
    template = '{"Version": "2012-10-17", "Statement": {"Sid": "A", "Effect": "Deny", "Action": "*", "Resource": "*"}}'
    make_recipe("our-own", template)
    assert policygen("build").code == 0
    assert json.loads((folder / "policies/production/Robots/our-own.json").read_text())["Statement"]["Sid"] == "A"


BAD = {
    "unknown key": (
        "account = 1\n" + MANIFEST,
        "policygen.toml:1: `account` does not belong here; did you mean `accounts`?",
    ),
    "unknown key of a group": (MANIFEST + "\nrecipe = 1", "policygen.toml:14: `recipe` does not belong"),
    "no account": ("[groups.A]\nrecipes = ['enforce-tls']", "the manifest has no `accounts`; add it"),
    "account id": (MANIFEST.replace("111122223333", "1111"), "policygen.toml:3: id `1111` is not 12 digits"),
    "partition": (MANIFEST.replace("aws-cn", "aws-moon"), "policygen.toml:6: partition `aws-moon` is none of aws,"),
    "unknown account": (
        MANIFEST.replace('["production"]', '["prodction"]'),
        "policygen.toml:12: there is no account `prodction`; did you",
    ),
    "unknown recipe": (
        MANIFEST.replace("enforce-tls", "enforce-tsl"),
        "policygen.toml:11: there is no recipe `enforce-tsl`; did you mean",
    ),
    "group name": (
        MANIFEST.replace("groups.Robots", 'groups."Ro/bots"'),
        "policygen.toml:10: group `Ro/bots` is not an IAM name",
    ),
    "parameters of nobody": (
        MANIFEST + "\n[parameters.enforce-mfaa]\nexempt = 'none'",
        "policygen.toml:14: parameters for `enforce-mfaa`, which is not among the recipes here; did you mean",
    ),
    "wrong parameter": (
        MANIFEST + "\n[parameters.enforce-mfa]\nmax_session_hours = 99",
        "policygen.toml:8: group `AllUsers` in account `production`: enforce-mfa: parameter `max_session_hours`: `99`",
    ),
    "one path twice": (
        'output = "{recipe}.json"\n' + MANIFEST,
        "policygen.toml:1: two policies have the path `self-manage.json`",
    ),
    "leaving the folder": (
        'output = "../{account}/{group}/{recipe}.json"\n' + MANIFEST,
        "is outside of the manifest's folder",
    ),
    "an absolute path": (
        'output = "/tmp/{account}/{group}/{recipe}.json"\n' + MANIFEST,
        "is outside of the manifest's folder",
    ),
    "placeholder": (
        'output = "{acount}/{recipe}.json"\n' + MANIFEST,
        "policygen.toml:1: `{acount}` is not a placeholder; did you mean `account`?",
    ),
    "one path twice in other words": (
        'output = "x/{group}/../{recipe}.json"\n' + MANIFEST,
        "policygen.toml:1: two policies have the path `x/self-manage.json`",
    ),
    "the manifest itself": (
        'output = "./policygen.toml"\n' + MANIFEST,
        "policygen.toml:1: the path `policygen.toml` is that of the manifest or of build's record",
    ),
    "a control character": (
        'output = "{recipe}\\u0000"\n' + MANIFEST,
        "policygen.toml:1: `output` contains a control character",
    ),
    "not TOML": (MANIFEST + "\n[", "policygen.toml:14: not TOML:"),
    "catalog": ('catalogs = ["nowhere"]\n' + MANIFEST, "policygen.toml:1: the catalog folder `nowhere` does not exist"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_broken_manifest_gets_one_sentence_and_nothing_is_written(policygen, repository, case):
    manifest, sentence = BAD[case]
    folder = repository(manifest)
    code, stdout, stderr = policygen("build")
    assert (code, stdout) == (2, "")
    assert sentence in stderr
    assert stderr.count("\n") == 1
    assert files(folder) == set()


def test_a_policy_with_errors_stops_the_whole_build(policygen, repository, make_recipe):
    folder = repository('catalogs = ["recipes"]\n' + MANIFEST.replace('"enforce-tls"', '"recipes-loose"'))
    (folder / "recipes").mkdir()
    loose = make_recipe(
        "recipes-loose", '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'
    )
    loose.rename(folder / "recipes" / "recipes-loose")
    code, _, stderr = policygen("build")
    assert code == 1
    assert "nothing was written" in stderr
    assert not (folder / "policies").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write into read-only folders")
def test_a_read_only_folder_is_named(policygen, repository):
    folder = repository(MANIFEST)
    folder.chmod(0o500)
    code, _, stderr = policygen("build")
    folder.chmod(0o700)
    assert code == 2
    assert "policies" in stderr


def test_a_link_out_of_the_folder_is_not_followed(policygen, repository, tmp_path_factory):
    folder = repository(MANIFEST)
    outside = tmp_path_factory.mktemp("outside")
    (folder / "policies").symlink_to(outside)
    assert "is outside of the manifest's folder" in policygen("build").stderr
    assert list(outside.iterdir()) == []


def test_a_record_that_names_a_path_outside_is_refused(policygen, repository, tmp_path_factory):
    folder = repository(MANIFEST)
    outside = tmp_path_factory.mktemp("outside") / "precious"
    outside.write_text("precious")
    (folder / "policygen.build.json").write_text(json.dumps({"version": 1, "files": {str(outside): "0"}}))
    assert policygen("build", "--prune").code == 2
    assert outside.exists()


def test_an_interrupted_build_leaves_no_half_written_file(repository):
    accounts = "".join(f'[accounts.a{i}]\nid = "{i:012}"\n' for i in range(300))
    folder = repository(accounts + MANIFEST.partition("\n\n")[2])
    build = subprocess.Popen(
        [sys.executable, "-m", "policygen", "build"], cwd=folder, stderr=subprocess.PIPE, text=True
    )
    while build.poll() is None and not (folder / "policies").exists():
        pass
    build.send_signal(signal.SIGINT)
    _, stderr = build.communicate(timeout=60)
    assert "Traceback" not in stderr
    for path in folder.rglob("*"):
        assert not path.name.endswith(".tmp")
        if path.suffix == ".json":
            json.loads(path.read_text())


def commit(folder: Path) -> None:
    names = {f"GIT_{who}_{what}": "a@b" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    for arguments in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "policies"]):
        subprocess.run(["git", *arguments], check=True, capture_output=True, env=os.environ | names, cwd=folder)


STRICT = MANIFEST + "[groups.AllUsers.parameters.enforce-mfa]\nmax_session_hours = 1\n"


def test_a_policy_that_allows_more_than_at_a_revision_fails_the_check(policygen, repository):
    folder = repository(STRICT)
    policygen("build")
    commit(folder)
    assert policygen("build", "--check", "--no-new-access", "main").code == 0
    repository(STRICT.replace("= 1", "= 12"))
    policygen("build")
    assert policygen("build", "--check").code == 0
    code, stdout, _ = policygen("build", "--check", "--no-new-access", "main")
    assert code == 1
    assert "policies/production/AllUsers/enforce-mfa.json: new access" in stdout
    assert "no longer denied by policies/production/AllUsers/enforce-mfa.json:" in stdout
    assert stdout.splitlines()[-1] == "new access in 2 of 5 comparisons"


def test_a_guard_rail_that_was_taken_from_a_group_is_new_access(policygen, repository):
    folder = repository(MANIFEST)
    policygen("build")
    commit(folder)
    repository(MANIFEST.replace('"self-manage", "enforce-mfa"', '"self-manage"'))
    policygen("build", "--prune")
    code, stdout, _ = policygen("build", "--check", "--no-new-access", "main")
    assert code == 1
    assert "policies/china/AllUsers/enforce-mfa.json: new access" in stdout


def test_a_policy_that_allows_less_is_fine(policygen, repository):
    folder = repository(STRICT.replace("= 1", "= 12"))
    policygen("build")
    commit(folder)
    repository(STRICT.replace('["self-manage", "enforce-mfa"]', '["enforce-mfa"]'))
    policygen("build", "--prune")
    assert policygen("build", "--check", "--no-new-access", "main").code == 0


def test_another_attached_policy_of_aws_is_unknown(policygen, repository):
    folder = repository(MANIFEST)
    policygen("build")
    commit(folder)
    repository(MANIFEST.replace("[groups.Robots]", '[groups.Robots]\nattach = ["ReadOnlyAccess"]'))
    code, stdout, _ = policygen("build", "--check", "--no-new-access", "main")
    assert code == 1
    assert "group Robots: unknown" in stdout
    assert "the document of `ReadOnlyAccess` is not in the repository" in stdout


def test_a_revision_is_compared_only_by_a_check(policygen, repository):
    repository(MANIFEST)
    assert policygen("build", "--no-new-access", "main").code == 2
