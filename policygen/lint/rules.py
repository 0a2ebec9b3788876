"""The modules that hold rules; importing this one registers them all."""
