"""The history of the database schema, one change a file."""
