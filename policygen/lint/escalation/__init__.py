"""Ways from what policies allow to what they were not meant to allow."""
