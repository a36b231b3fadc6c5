"""The bus: routing events published over kombu, and nothing else that knows it."""
