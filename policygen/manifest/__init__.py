"""The manifest, policygen.toml: accounts, groups, recipes; build."""
