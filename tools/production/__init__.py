"""The production shape on one machine: processes of their own on a real database and a real bus."""
