"""The manifest, policygen.toml: its accounts, groups and recipes, and the files built from it."""
