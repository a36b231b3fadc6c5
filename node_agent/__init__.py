"""The agent of one node: carries out commands on its gears, answers them, and says that it is alive."""
