"""Many accounts through executors that are not ours."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from policygen.account import snapshot
from policygen.audit.run import Job, audit_all
from policygen.audit.settings import settings
from tests.audit.sketches import inline, statement, write


@pytest.fixture
def jobs(tmp_path):
    """Four accounts, one flaw more in each."""

    def job(index):
        users = [{"UserName": f"u{number}", "UserPolicyList": inline(statement("s3:Get*"))} for number in range(index)]
        folder = write(tmp_path / f"account-{index}", {"UserDetailList": users})
        for path in folder.iterdir():
            path.write_text(path.read_text("utf-8").replace("123456789012", f"{index}" * 12), "utf-8")
        return Job(folder.name, snapshot.find(folder))

    return [job(index) for index in range(4)]


def flaws(outcome):
    return [(finding.account, finding.entity.name) for finding in outcome.findings if finding.fails]


EXPECTED = [(f"{index}" * 12, f"u{number}") for index in range(4) for number in range(index)]


@pytest.fixture
def decided():
    return settings(selected=("user-with-inline-policy",))


def test_an_executor_gives_what_one_process_gives(jobs, decided):
    here = audit_all(jobs, decided)
    with ThreadPoolExecutor(2) as executor:
        there = audit_all(jobs, decided, executor)
    assert flaws(here) == flaws(there) == EXPECTED
    assert here.results == there.results
    assert here.checked["accounts"] == 4


@pytest.mark.proof
def test_a_dask_cluster_audits_a_fleet(jobs, decided):
    distributed = pytest.importorskip("distributed", reason="dask.distributed, the extra `dask`, is not installed")
    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": None, "host": "127.0.0.1"}
    with distributed.LocalCluster(**options) as cluster, distributed.Client(cluster) as client:
        assert flaws(audit_all(jobs, decided, client.get_executor())) == EXPECTED
