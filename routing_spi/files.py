"""Writing files so that a crash leaves either the old or the new one, never half of it."""

import os
from pathlib import Path
from typing import IO


def replace_file(path: Path, text: str) -> None:
    """Put `text` in place of the file at `path`, whole and on disk, or leave the old one as it was."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("w", encoding="utf-8") as file:
            file.write(text)
            sync(file)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def sync(file: IO[str]) -> None:
    """Return when what was written is on disk."""
    file.flush()
    os.fsync(file.fileno())
