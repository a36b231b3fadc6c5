"""The REST interface: a request is parsed, handed to one use case, and its answer shown."""
