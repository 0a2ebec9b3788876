"""Catalogs of others: installed packages and git repositories, of which nothing is ever run."""

import json
import shutil
import subprocess
import sys

import pytest

from policygen.recipe.catalogs import catalog_folder

TEMPLATE = '{"Version": "2012-10-17", "Statement": [{"Sid": "A", "Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}'


@pytest.fixture
def repository(make_recipe, tmp_path, monkeypatch):
    """A git repository with a catalog in `recipes`; returns `git+URL@COMMIT`."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    make_recipe("theirs/recipes/deny-s3", TEMPLATE)
    folder = tmp_path / "theirs"
    (folder / "recipes/link").symlink_to("/etc/passwd")

    def commit():
        identity = ("-c", "user.name=x", "-c", "user.email=x@example.com")
        for arguments in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-q", "-m", "x"]):
            subprocess.run(["git", *arguments], cwd=folder, check=True)
        run = subprocess.run(["git", "rev-parse", "HEAD"], cwd=folder, check=True, capture_output=True, text=True)
        return f"git+file://{folder}@{run.stdout.strip()}"

    return commit


def test_a_repository_is_fetched_once_at_one_commit(policygen, repository, tmp_path):
    catalog = f"{repository()}#recipes"
    assert json.loads(policygen("render", "deny-s3", "--catalog", catalog).stdout) == json.loads(TEMPLATE)
    shutil.rmtree(tmp_path / "theirs")
    assert policygen("render", "deny-s3", "--catalog", catalog).code == 0


def test_a_manifest_names_catalogs_of_others(policygen, repository, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    manifest = f'catalogs = ["{repository()}#recipes"]\n[accounts.a]\nid = "123456789012"\n'
    (tmp_path / "policygen.toml").write_text(manifest + '[groups.G]\nrecipes = ["deny-s3"]\n')
    assert policygen("build").code == 0
    assert json.loads((tmp_path / "policies/a/G/deny-s3.json").read_text()) == json.loads(TEMPLATE)


def test_links_of_a_repository_are_left_out(repository):
    folder = catalog_folder(f"{repository()}#recipes")
    assert {path.name for path in folder.iterdir()} == {"deny-s3"}


def test_a_repository_that_runs_something_when_it_is_checked_out_does_not(repository, tmp_path):
    (tmp_path / "theirs/.gitattributes").write_text("* filter=evil\n")
    filtering = f'[filter "evil"]\nsmudge = touch {tmp_path}/run\nclean = cat\n'
    (tmp_path / "theirs/.gitconfig").write_text(filtering)
    catalog_folder(f"{repository()}#recipes")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (lambda text: text.partition("@")[0] + "@main#recipes", "with a whole commit hash"),
        (lambda text: text.partition("@")[0] + "@" + "0" * 40, "cannot be fetched with git"),
        (lambda text: text + "#../..", "is not a catalog in git"),
        (lambda text: text + "#nowhere", "the catalog folder does not exist"),
        (lambda text: text.replace("file://", "ext::sh -c "), "is not a catalog in git"),
        (lambda text: text.replace("file://", "https://-oProxyCommand=x@"), "is not a catalog in git"),
    ],
)
def test_what_is_not_a_pinned_repository_is_refused(policygen, repository, change, why):
    code, _, stderr = policygen("list", "--catalog", change(repository()))
    assert (code, why in stderr) == (2, True), stderr


def install(tmp_path, monkeypatch, value, code=""):
    site = tmp_path / "site"
    (site / "acme_recipes").mkdir(parents=True)
    (site / "acme_recipes/__init__.py").write_text(code)
    (site / "acme-1.0.dist-info").mkdir()
    (site / "acme-1.0.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n")
    (site / "acme-1.0.dist-info/entry_points.txt").write_text(f"[policygen.catalogs]\nacme = {value}\n")
    monkeypatch.syspath_prepend(str(site))


def test_an_installed_package_has_a_catalog_and_is_not_imported(policygen, make_recipe, tmp_path, monkeypatch):
    install(tmp_path, monkeypatch, "acme_recipes:recipes", code="raise SystemExit(1)")
    make_recipe("site/acme_recipes/recipes/deny-s3", TEMPLATE)
    assert policygen("render", "deny-s3", "--catalog", "package:acme").code == 0
    assert "acme_recipes" not in sys.modules
    assert "did you mean `acme`?" in policygen("list", "--catalog", "package:acm").stderr


@pytest.mark.parametrize(
    "value", ["acme_recipes:..", "acme_recipes:nowhere", "nowhere:recipes", "acme_recipes.sub:recipes"]
)
def test_a_package_without_the_folder_it_declares_is_refused(policygen, tmp_path, monkeypatch, value):
    install(tmp_path, monkeypatch, value)
    code, _, stderr = policygen("list", "--catalog", "package:acme")
    assert (code, "which is not in that package" in stderr) == (2, True), stderr


def test_the_index_of_a_catalog_has_a_digest_of_each_recipe(policygen, make_recipe, tmp_path):
    folder = make_recipe("mine", TEMPLATE)

    def digests():
        listed = json.loads(policygen("list", "--catalog", str(tmp_path), "--format", "json").stdout)["recipes"]
        return {recipe["name"]: recipe["digest"] for recipe in listed}

    before = digests()
    assert before["mine"].startswith("sha256:") and len(set(before.values())) == len(before)
    (folder / "policy.json.j2").write_text(TEMPLATE.replace("s3:*", "sqs:*"))
    assert {name for name, digest in digests().items() if digest != before[name]} == {"mine"}
