"""The pitfalls of letting users manage their own credentials and of denying what is done without MFA."""
