"""The linter and its rules: one module a family, one function a rule."""
