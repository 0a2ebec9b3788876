"""Change accounts: desired state, plan, guard, apply, journal, rollback, export."""
