"""The signal that a plan was made on an old view of the fleet."""


class FleetMoved(Exception):
    """The fleet in memory was behind the database; nothing was kept, and the plan is to be made anew."""
