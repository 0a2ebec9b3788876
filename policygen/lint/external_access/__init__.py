"""Who gets in by the policy of a resource or of a role, decided by asking the evaluator for a request that passes."""
