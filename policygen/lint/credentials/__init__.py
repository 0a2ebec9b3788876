"""Pitfalls of policies that let users manage their own credentials or deny requests without MFA."""
