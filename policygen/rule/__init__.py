"""Rules about policies and about accounts: selecting and running them, accepting their findings."""
