"""What the policies of a user, group or role give: their reach, what Denies take back, and who can become whom."""
