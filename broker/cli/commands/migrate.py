"""`gearbroker migrate`: bring the database to the schema of this version."""

import argparse
import os
from collections.abc import Sequence
from pathlib import Path


def command(argv: Sequence[str]) -> int:
    """Migrate, and say to which revision."""
    parser = argparse.ArgumentParser(
        prog="gearbroker migrate",
        description="Bring the database to the schema of this version; safe to repeat.",
    )
    parser.add_argument("--data-dir", type=Path, metavar="DIR", help="where everything is kept")
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings, one KEY=value a line")
    chosen = parser.parse_args(argv)
    from broker.bootstrap import built, database_revision, load_settings

    said = {} if chosen.data_dir is None else {"GEARBROKER_DATA_DIR": str(chosen.data_dir)}
    with built(load_settings({**os.environ, **said}, chosen.config), create=True) as made:
        print(f"The database is at revision {database_revision(made)}.")
    return 0
