import pytest
from hypothesis import given
from hypothesis import strategies as st

from policygen.errors import PolicygenError
from policygen.reference import managed_policies
from policygen.reference.managed_policies import paths, resolve, unlisted

ID = "123456789012"
ATTACHABLE = sorted(name for name, path in paths().items() if path != "/aws-service-role/")


def found(text: str, partition: str = "aws") -> str:
    return resolve(text, partition=partition, account=ID)


@given(st.sampled_from(ATTACHABLE))
def test_the_name_alone_gives_the_arn_with_its_path_and_the_arn_gives_itself(name):
    arn = found(name)
    assert arn == f"arn:aws:iam::aws:policy{paths()[name]}{name}" == found(arn)
    assert unlisted(arn) == ""


@given(st.sampled_from(ATTACHABLE), st.sampled_from([str.lower, str.upper, str.swapcase]))
def test_another_case_is_refused_with_the_right_one(name, spell):
    if spell(name) not in paths():
        with pytest.raises(PolicygenError, match=f"did you mean `{name}`"):
            found(spell(name))


@given(st.sampled_from(ATTACHABLE))
def test_another_path_is_refused_with_the_right_one(name):
    with pytest.raises(PolicygenError) as error:
        found(f"arn:aws:iam::aws:policy/elsewhere/{name}")
    assert f"did you mean `arn:aws:iam::aws:policy{paths()[name]}{name}`?" in str(error.value)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            "arn:aws:iam::aws:policy/ViewOnlyAccess",
            "did you mean `arn:aws:iam::aws:policy/job-function/ViewOnlyAccess`?",
        ),
        ("service-role/ViewOnlyAccess", "did you mean `arn:aws:iam::aws:policy/job-function/ViewOnlyAccess`?"),
        ("arn:aws-cn:iam::aws:policy/SecurityAudit", "is a policy of partition aws-cn"),
        ("arn:aws:iam::999999999999:policy/team", "is a policy of account 999999999999"),
        ("AmazonECSServiceRolePolicy", "can be attached to its service-linked role only"),
        ("arn:aws:iam::aws:role/SecurityAudit", "is neither the name of an AWS managed policy"),
        ("Security Audit", "is neither the name of an AWS managed policy"),
        ("", "is neither the name of an AWS managed policy"),
    ],
)
def test_what_no_group_of_the_account_can_have_attached_is_refused(text, says):
    with pytest.raises(PolicygenError) as error:
        found(text)
    assert says in str(error.value)


def test_a_policy_of_the_accounts_own_is_taken_as_it_is():
    own = f"arn:aws:iam::{ID}:policy/team/deploy"
    assert found(own) == own and unlisted(own) == ""


def test_a_name_that_is_not_listed_is_unknown_with_a_guess_and_the_date():
    arn = found("SecurityAudti")
    assert arn == "arn:aws:iam::aws:policy/SecurityAudti"
    assert unlisted(arn) == (
        f"the data of {managed_policies.date()} does not list the AWS managed policy `SecurityAudti`; "
        "did you mean `SecurityAudit`?"
    )
    assert unlisted(found("Zqjxk")).endswith("`Zqjxk`")


def test_of_other_partitions_the_data_says_nothing():
    arn = found("SecurityAudit", "aws-cn")
    assert arn == "arn:aws-cn:iam::aws:policy/SecurityAudit"
    assert "of partition `aws` only, not of `aws-cn`" in unlisted(arn)
