"""The first manifest for an existing account."""
