"""Rules that check a snapshot of an account; `rules` has one module per topic."""
