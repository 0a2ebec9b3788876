"""The strategy checked on an account: rules over a snapshot, one module a topic in `rules`."""
