"""Wildcards graded by what they reach: the actions, their access level, the resources, the conditions around them."""
