"""From an account as it is to the manifest that it should have."""
