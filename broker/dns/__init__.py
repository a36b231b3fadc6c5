"""DNS names of applications and gears: told to others by update, or answered by a server of our own."""
