import ast
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
PACKAGES = ("broker", "migrations", "node_agent", "routing_spi")
LONGEST_FILE = 400
LONGEST_FUNCTION = 60

# Files that may be longer than LONGEST_FILE, each with the reason a reader would accept.
LONG_FILES: dict[str, str] = {}
# Functions that may be longer than LONGEST_FUNCTION, as "path name", with the reason.
LONG_FUNCTIONS: dict[str, str] = {
    "migrations/versions/0001_the_tables_of_the_first_release.py upgrade": "every table at once, one after another",
}


def modules() -> list[str]:
    return sorted(str(path.relative_to(TOP)) for name in PACKAGES for path in (TOP / name).rglob("*.py"))


def sources() -> list[str]:
    return modules() + sorted(str(path.relative_to(TOP)) for path in (TOP / "tests").rglob("*.py"))


@pytest.mark.parametrize("path", modules())
def test_a_module_starts_with_one_sentence_that_says_what_it_is_for(path):
    docstring = ast.get_docstring(ast.parse((TOP / path).read_text(encoding="utf-8"))) or ""
    first, _, _ = docstring.partition("\n")

    assert first, f"{path} has no docstring"
    assert first[-1] in ".?", f"{path} does not start with a whole sentence on one line: {first!r}"


@pytest.mark.parametrize("path", sources())
def test_a_file_is_short_enough_to_be_read(path):
    lines = len((TOP / path).read_text(encoding="utf-8").splitlines())

    assert lines <= LONGEST_FILE or path in LONG_FILES, f"{path} has {lines} lines: split it by noun"


@pytest.mark.parametrize("path", modules())
def test_a_function_is_short_enough_to_be_read(path):
    tree = ast.parse((TOP / path).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            known = f"{path} {node.name}" in LONG_FUNCTIONS

            assert lines <= LONGEST_FUNCTION or known, f"{path}:{node.lineno} {node.name} has {lines} lines"


def test_the_lists_of_exceptions_name_only_what_is_there():
    assert set(LONG_FILES) <= set(sources())
    assert {entry.partition(" ")[0] for entry in LONG_FUNCTIONS} <= set(modules())
