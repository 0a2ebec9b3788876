"""Rules over a snapshot of an account, one module a topic."""
