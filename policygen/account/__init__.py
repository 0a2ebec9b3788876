"""One AWS account as data: model, snapshot files, live reader."""
