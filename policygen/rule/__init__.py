"""What a rule is, about a policy or about an account: choosing rules, running them, accepting what they find."""
