"""policygen in an editor: a server for the Language Server Protocol."""
