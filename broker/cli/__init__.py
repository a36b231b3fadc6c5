"""The commands: what a person or a script can tell the broker from a shell."""
