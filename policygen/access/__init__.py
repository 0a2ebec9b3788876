"""What the policies of users, groups and roles allow together, and who can become whom."""
