"""What makes the gears of the book real: processes, or a simulation."""
