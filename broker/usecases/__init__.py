"""Everything the broker can do: open a unit of work, load, decide, store, commit."""
