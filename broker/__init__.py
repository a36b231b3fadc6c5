"""A broker for highly available gears: the core, the use cases, and the adapters around them."""
