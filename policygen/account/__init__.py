"""One AWS account: model, snapshot files, live reader, plan, apply."""
