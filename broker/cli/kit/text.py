"""Text for people and scripts: blocks of labels aligned on their colon, and small tables."""

from collections.abc import Iterable, Sequence


def labelled(pairs: Iterable[tuple[str, object]]) -> str:
    """One `label: value` a line, the labels right-aligned to the longest."""
    rows = list(pairs)
    width = max((len(label) for label, _ in rows), default=0)
    return "".join(f"{label:>{width}}: {shown(value)}\n" for label, value in rows)


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """The rows under their headings, two blanks between columns; numbers are right-aligned, all else left.

    Raises `ValueError` when a row has not as many cells as there are headings.
    """
    cells = [list(headings)]
    numeric = [True] * len(headings)
    for row in rows:
        for index, (value, _) in enumerate(zip(row, headings, strict=True)):
            numeric[index] &= isinstance(value, (int, float)) and not isinstance(value, bool)
        cells.append([shown(value) for value in row])
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = (
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(line, widths, numeric, strict=True)
        )
        for line in cells
    )
    return "".join(f"{line.rstrip()}\n" for line in lines)


def shown(value: object) -> str:
    """A value in one cell: nothing for None, true and false as words, a list with commas."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(shown, value))
    return str(value)
