"""One module a noun: each function parses nothing, decides nothing, and calls one use case."""
