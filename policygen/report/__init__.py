"""What people and machines read: one module a format."""
