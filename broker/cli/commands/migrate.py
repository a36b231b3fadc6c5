"""`gearbroker migrate`: bring the database to the schema of this version, or back to that of an older one."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path


def command(argv: Sequence[str]) -> int:
    """Migrate, and say to which revision."""
    parser = argparse.ArgumentParser(
        prog="gearbroker migrate",
        description="Bring the database to the schema of this version; safe to repeat, and to run several times at"
        " once. With --to also back to an older one, for an older gearbroker; not while operations are open.",
    )
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="where everything is kept")
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings, one KEY=value a line")
    parser.add_argument("--to", metavar="REVISION", help="the revision to go to, up or down (this version's)")
    chosen = parser.parse_args(argv)
    from broker.bootstrap import built, database_revision, load_settings, move_database

    said = {} if chosen.data_dir is None else {"GEARBROKER_DATA_DIR": str(chosen.data_dir)}
    settings = load_settings({**os.environ, **said}, chosen.config)
    if chosen.to is not None:
        move_database(settings, chosen.to)
        print(f"The database is at revision {chosen.to}.")
        return 0
    with built(settings, create=True) as made:
        print(f"The database is at revision {database_revision(made)}.")
    return 0
