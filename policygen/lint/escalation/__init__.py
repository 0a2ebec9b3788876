"""Privilege escalation: permissions that lead to more permissions than the policies were meant to grant."""
