"""Facts about partitions."""

import pytest

from policygen.reference.partitions import iam_region, partitions


@pytest.mark.parametrize(
    ("partition", "region"),
    [("aws", "us-east-1"), ("aws-cn", "cn-north-1"), ("aws-us-gov", "us-gov-west-1"), ("aws-eusc", "eusc-de-east-1")],
)
def test_iam_answers_in_one_region_of_each_partition(partition, region):
    assert iam_region(partition) == region and region in partitions()[partition]


def test_every_partition_says_where_iam_answers():
    assert all(iam_region(partition) in regions for partition, regions in partitions().items())
    assert iam_region("elsewhere") is None
