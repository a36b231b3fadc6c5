"""What the broker knows of its field: gears, groups, placement, scaling and high availability, without any I/O."""
