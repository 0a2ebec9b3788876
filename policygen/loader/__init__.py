"""Policies from where people keep them: files that paths name, and the documents that a text holds."""
