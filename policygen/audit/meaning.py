"""A policy taken apart: the single grants and denials that it comes to, however it is written down."""

from collections.abc import Iterator
from dataclasses import dataclass

from policygen.evaluate.conditions import text
from policygen.policy.model import Policy, Statement
