"""The linter and its rules: one module per family, one function per rule."""
