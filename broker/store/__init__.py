"""The database: tables, repositories and the unit of work, and nothing that decides."""
