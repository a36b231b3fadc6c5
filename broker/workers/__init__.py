"""Loops without decisions: tick, wait, stop when told."""
