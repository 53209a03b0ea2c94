"""Renders a spec as the program that a user would write by hand."""
