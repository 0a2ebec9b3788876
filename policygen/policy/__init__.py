"""The policy document: source positions, model, schema validation, ARNs, wildcard patterns, diff."""
