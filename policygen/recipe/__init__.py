"""Recipes: catalog, parameters, rendering, cases, mutation, scaffolding."""
