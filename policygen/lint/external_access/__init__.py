"""Who can use a resource or assume a role by its policy, found by asking the evaluator for an allowed request."""
