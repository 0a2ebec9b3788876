"""The modules that hold rules; importing this one registers them all."""

from policygen.lint import retired as retired
from policygen.lint.access_analyzer import actions as actions
from policygen.lint.access_analyzer import addresses as addresses
from policygen.lint.access_analyzer import attachment as attachment
from policygen.lint.access_analyzer import document as document
from policygen.lint.access_analyzer import keys as keys
from policygen.lint.access_analyzer import null as null
from policygen.lint.access_analyzer import operators as operators
from policygen.lint.access_analyzer import organizations as organizations
from policygen.lint.access_analyzer import permissive as permissive
from policygen.lint.access_analyzer import principals as principals
from policygen.lint.access_analyzer import resources as resources
from policygen.lint.access_analyzer import roles as roles
from policygen.lint.access_analyzer import sizes as sizes
from policygen.lint.access_analyzer import stores as stores
from policygen.lint.access_analyzer import tags as tags
from policygen.lint.access_analyzer import trust as trust
from policygen.lint.access_analyzer import values as values
from policygen.lint.access_analyzer import variables as variables
from policygen.lint.wildcards import access as _wildcards_access  # noqa: F401
from policygen.lint.wildcards import dead as _wildcards_dead  # noqa: F401
from policygen.lint.wildcards import negated as _wildcards_negated  # noqa: F401
