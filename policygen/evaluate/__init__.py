"""Decide what policies allow: request → decision, with an explanation; compare two policies."""
