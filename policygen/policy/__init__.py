"""The policy document: source positions, model, schema validation, ARNs and wildcard patterns."""
