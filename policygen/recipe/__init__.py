"""Recipes: catalog, parameters, templates, cases, mutants, scaffolding."""
