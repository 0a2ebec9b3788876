"""`policygen render`, as its user meets it."""

import json

import pytest

ACCOUNT = ("--account", "123456789012")
OFFICE = ("--set", "cidrs=203.0.113.0/24")


def test_prints_the_policy_and_nothing_else(policygen):
    code, stdout, stderr = policygen("render", "self-manage", *ACCOUNT)
    assert (code, stderr) == (0, "")
    assert json.loads(stdout)["Version"] == "2012-10-17"
    assert "arn:aws:iam::123456789012:user/${aws:username}" in stdout


def test_the_layout_is_canonical(policygen):
    stdout = policygen("render", "quarantine", *ACCOUNT).stdout
    assert stdout == json.dumps(json.loads(stdout), indent=2) + "\n"


def test_minify_leaves_out_white_space_and_nothing_more(policygen):
    long = policygen("render", "self-manage", *ACCOUNT).stdout
    short = policygen("render", "self-manage", *ACCOUNT, "--minify").stdout
    assert json.loads(short) == json.loads(long)
    assert short == json.dumps(json.loads(long), separators=(",", ":")) + "\n"


@pytest.mark.parametrize("partition", ["aws-cn", "aws-us-gov", "aws-eusc", "aws-iso", "aws-iso-b"])
def test_every_arn_is_in_the_partition_asked_for(policygen, partition):
    stdout = policygen("render", "self-manage", *ACCOUNT, "--partition", partition).stdout
    assert f'"arn:{partition}:iam::' in stdout
    assert '"arn:aws:' not in stdout


def test_the_account_can_come_from_the_environment(policygen, monkeypatch):
    monkeypatch.setenv("POLICYGEN_RENDER_ACCOUNT", "999988887777")
    assert "999988887777" in policygen("render", "self-manage").stdout


def test_a_list_is_given_by_repeating_or_as_json(policygen):
    repeated = policygen("render", "self-manage", *ACCOUNT, "--set", "include=mfa", "--set", "include=ssh")
    as_json = policygen("render", "self-manage", *ACCOUNT, "--set", 'include=["mfa", "ssh"]')
    assert repeated.stdout == as_json.stdout
    assert "SSHPublicKey" in repeated.stdout
    assert "AccessKey" not in repeated.stdout


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("values.toml", 'account = "123456789012"\nmax_session_hours = 8\n'),
        ("values.json", '{"account": "123456789012", "max_session_hours": 8}'),
    ],
)
def test_parameters_come_from_a_file(policygen, tmp_path, name, text):
    (tmp_path / name).write_text(text)
    assert '"28800"' in policygen("render", "enforce-mfa", "--params", str(tmp_path / name)).stdout


def test_parameters_come_from_stdin_and_an_option_wins(policygen):
    run = policygen(
        "render",
        "enforce-mfa",
        *ACCOUNT,
        "--params",
        "-",
        "--set",
        "max_session_hours=2",
        stdin="max_session_hours = 8",
    )
    assert '"7200"' in run.stdout


def test_a_file_is_written_and_then_found_fresh(policygen, tmp_path):
    path = tmp_path / "policy.json"
    assert policygen("render", "self-manage", *ACCOUNT, "-o", path).stdout == ""
    assert path.read_text() == policygen("render", "self-manage", *ACCOUNT).stdout
    assert policygen("render", "self-manage", *ACCOUNT, "-o", path, "--check") == (0, "", "")
    assert [p.name for p in tmp_path.iterdir()] == ["policy.json"]


def test_check_shows_what_is_stale_and_writes_nothing(policygen, tmp_path):
    path = tmp_path / "policy.json"
    policygen("render", "enforce-mfa", *ACCOUNT, "-o", path)
    before = path.read_text()
    code, stdout, _ = policygen(
        "render", "enforce-mfa", *ACCOUNT, "--set", "max_session_hours=8", "-o", path, "--check"
    )
    assert code == 1
    assert "+" in stdout
    assert "28800" in stdout
    assert path.read_text() == before


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["self-manag", *ACCOUNT], "there is no recipe `self-manag`; did you mean `self-manage`?"),
        (["nothing-like-it", *ACCOUNT], "there is no recipe `nothing-like-it`; `policygen list` shows them all"),
        (["../self-manage", *ACCOUNT], "there is no recipe `../self-manage`; did you mean `self-manage`?"),
        (
            ["self-manage"],
            "self-manage: parameter `account` is missing; give 12 digits, such as `123456789012`, with `--account ID`",
        ),
        (
            ["enforce-source-ip", *ACCOUNT],
            "enforce-source-ip: parameter `cidrs` is missing; give a list, each entry a public address block in CIDR "
            'form, such as `["203.0.113.0/24"]`, with `--set cidrs=…`',
        ),
        (
            ["self-manage", "--account", "12345"],
            "self-manage: parameter `account`: `12345` is not 12 digits, such as `123456789012`",
        ),
        (
            ["self-manage", *ACCOUNT, "--set", "inclde=mfa"],
            "self-manage: there is no parameter `inclde`; did you mean `include`?",
        ),
        (
            ["self-manage", *ACCOUNT, "--set", "include=mfas"],
            "self-manage: parameter `include`: `mfas` is none of password, access_keys, mfa, ssh, git, certs; "
            "did you mean `mfa`?",
        ),
        (
            ["enforce-mfa", *ACCOUNT, "--set", "max_session_hours=99"],
            "enforce-mfa: parameter `max_session_hours`: `99` is too large; "
            "give a whole number from 1 to 36, such as `8`",
        ),
        (
            ["enforce-mfa", *ACCOUNT, "--set", "max_session_hours=8", "--set", "max_session_hours=9"],
            "enforce-mfa: parameter `max_session_hours` is given twice, but takes one value",
        ),
        (
            ["enforce-mfa", *ACCOUNT, "--set", "extra_exempt_actions=iam:ChangePasword"],
            "enforce-mfa: parameter `extra_exempt_actions`: `iam:ChangePasword` is unknown to AWS; "
            "did you mean `iam:ChangePassword`?",
        ),
        (["enforce-mfa", *ACCOUNT, "--set", "exempt"], "`--set exempt` has no `=`; write `--set NAME=VALUE`"),
        (
            ["enforce-source-ip", *ACCOUNT, "--set", "cidrs=10.0.0.0/8"],
            "enforce-source-ip: parameter `cidrs`: `10.0.0.0/8` is not a public range, and only public addresses reach "
            "aws:SourceIp; give a public address block in CIDR form, such as `203.0.113.0/24`",
        ),
        (
            ["self-manage", "--minfy"],
            "no such option `--minfy`; did you mean `--minify`?",
        ),
    ],
)
def test_a_mistake_gets_one_sentence_and_no_policy(policygen, arguments, sentence):
    assert policygen("render", *arguments) == (2, "", f"policygen: {sentence}\n")


def test_an_unknown_partition_is_refused_with_those_there_are(policygen):
    code, _, stderr = policygen("render", "self-manage", *ACCOUNT, "--partition", "aws-moon")
    assert code == 2
    assert "`aws-moon` is none of aws, aws-cn," in stderr


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("broken.toml", "a = ", "broken.toml:1: not TOML: invalid value"),
        ("broken.json", '{"a": ', "broken.json:1:6: not JSON"),
        ("twice.json", '{"include": [], "include": ["mfa"]}', "twice.json:1:17: the key `include` appears twice"),
        ("digits.json", '{"include": ' + "9" * 5000 + "}", "digits.json:1:1: "),
        ("digits.toml", "include = " + "9" * 5000, "digits.toml: contains a number with thousands of digits"),
        ("list.json", "[1]", "does not contain a table of parameters"),
        ("latin.toml", b'a = "\xe9"', "is not UTF-8 text"),
    ],
)
def test_a_broken_parameter_file_is_named(policygen, tmp_path, name, text, sentence):
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    code, stdout, stderr = policygen("render", "self-manage", *ACCOUNT, "--params", path)
    assert (code, stdout) == (2, "")
    assert str(path) in stderr
    assert sentence in stderr


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("include = 2026-01-31", "parameter `include`: `2026-01-31` is not a list"),
        (f'include = ["{"x" * 999}"]', f"parameter `include`: `{'x' * 79}…` is none of password"),
    ],
)
def test_a_value_of_the_wrong_type_is_quoted_in_short(policygen, text, sentence):
    assert sentence in policygen("render", "self-manage", *ACCOUNT, "--params", "-", stdin=text).stderr


def test_a_number_that_json_takes_for_whole_is_whole(policygen):
    given = '{"max_session_hours": 8.0}'
    assert '"28800"' in policygen("render", "enforce-mfa", *ACCOUNT, "--params", "-", stdin=given).stdout


def test_a_moment_of_toml_is_a_date_time(policygen, make_recipe, tmp_path):
    more = """[parameters.until]
        type = "string"
        format = "date-time"
        description = "The end."
    """
    make_recipe("ends", '{"Statement": {"Sid": "{{ until }}"}}', more)
    given = "until = 2026-01-31T23:59:59Z"
    stderr = policygen("render", "ends", *ACCOUNT, "--catalog", tmp_path, "--params", "-", stdin=given).stderr
    assert "`2026-01-31T23:59:59+00:00` is not a Sid" in stderr


def test_a_folder_that_is_not_there_is_named(policygen, tmp_path):
    code, _, stderr = policygen("render", "self-manage", *ACCOUNT, "-o", tmp_path / "no" / "policy.json")
    assert code == 2
    assert stderr == f"policygen: {tmp_path}/no/policy.json: cannot be written: no such file or directory\n"


def test_a_policy_with_errors_is_not_printed(policygen, tmp_path, make_recipe):
    make_recipe("loose", '{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}')
    code, stdout, stderr = policygen("render", "loose", *ACCOUNT, "--catalog", tmp_path)
    assert (code, stdout) == (1, "")
    assert "error" in stderr


def test_what_the_schema_refuses_is_said_with_its_place(policygen, tmp_path, make_recipe):
    make_recipe(
        "shapeless",
        '{"Version": "2012-10-17", "Statement": {"Effect": "Alow", "Action": "iam:GetUser", "Resource": "*"}}',
    )
    code, stdout, stderr = policygen("render", "shapeless", *ACCOUNT, "--catalog", tmp_path)
    assert (code, stdout) == (1, "")
    assert "`Alow`" in stderr
    assert "Allow" in stderr


def test_a_managed_recipe_gives_a_reference(policygen, tmp_path, make_recipe):
    make_recipe("readers", '{"PolicyArn": "arn:{{ partition }}:iam::aws:policy/ReadOnlyAccess"}', kind="managed")
    stdout = policygen("render", "readers", *ACCOUNT, "--partition", "aws-cn", "--catalog", tmp_path).stdout
    assert json.loads(stdout) == {"PolicyArn": "arn:aws-cn:iam::aws:policy/ReadOnlyAccess"}


def test_a_managed_recipe_that_gives_anything_else_is_refused(policygen, tmp_path, make_recipe):
    make_recipe("readers", '{"PolicyArn": "ReadOnlyAccess"}', kind="managed")
    code, _, stderr = policygen("render", "readers", *ACCOUNT, "--catalog", tmp_path)
    assert code == 2
    assert "does not have the six parts of an ARN" in stderr


@pytest.mark.parametrize(
    ("arn", "code", "says"),
    [
        ("policy/ReadOnlyAccess", 0, ""),
        ("policy/SupportUser", 2, "did you mean `arn:aws:iam::aws:policy/job-function/SupportUser`?"),
        ("policy/readonlyaccess", 2, "did you mean `ReadOnlyAccess`?"),
        ("policy/Nonexistent", 0, "unknown: the data of 20"),
    ],
)
def test_a_reference_to_a_managed_policy_is_checked_against_the_list_of_aws(
    policygen, make_recipe, tmp_path, arn, code, says
):
    make_recipe("mine", json.dumps({"PolicyArn": f"arn:{{{{ partition }}}}:iam::aws:{arn}"}), kind="managed")
    result = policygen("render", "mine", "--catalog", str(tmp_path))
    assert result.code == code and says in result.stderr
