"""What the documents say to type is typed, and what they say it prints is compared with what it prints.

A fenced `console` block holds commands after `$ ` and below each what it prints. A line that is only `…` stands
for any lines, `…` within a line for any text; ids, times, node names and addresses are examples. A command after
which nothing is shown may print anything. An HTML comment before a block says that it is `not run: reason`, or that
it is `repeated until so`, because something else has to happen first.
"""

import doctest
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Documents that need a demo nobody has touched yet have one of their own; so have those that are read by themselves.
TOGETHER = (
    ("README.md",),
    ("docs/tutorial.md",),
    ("docs/rest.md", "docs/rest-account.md", "docs/rest-domains.md"),
    ("docs/rest-applications.md",),
    ("docs/rest-cartridges.md", "docs/rest-gears.md"),
    ("docs/commands.md", "docs/dns.md"),
)
TYPED = [document for documents in TOGETHER for document in documents]
PATIENCE_SECONDS = 15.0
PAUSE_SECONDS = 0.05

FENCE = re.compile(r"(?:^<!-- (?P<mark>[^\n]*) -->\n+)?^```console\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
# In an example's place, anything of the same form.
EXAMPLES = re.compile(
    r"(?P<digest>\b[0-9a-f]{64}\b)|(?P<id>\b[0-9a-f]{24}\b)"
    r"|(?P<reference>\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b)"
    r"|(?P<time>\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ)|(?P<node>(?:\b[abc] +)?\bnode-[abc][12](?:\.example\.com)?\b)"
    r"|(?P<zone>\b[Zz]one[\": =]+[abc]\b)|(?P<address>\b127\.0\.1\.\d+(?::\d{5})?)"
    r"|(?P<inner>\b127\.\d+\.\d+\.[12]\b(?<!127\.0\.0\.1))|(?P<gap>…)"
)
FORMS = {
    "digest": r"[0-9a-f]{64}",
    "id": r"[0-9a-f]{24}",
    "reference": r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "time": r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ",
    "node": r"(?:[abc] +)?node-[abc][12](?:\.example\.com)?",
    "zone": r"[Zz]one[\": =]+[abc]",
    "address": r"127\.0\.1\.\d+(?::\d{5})?",
    "inner": r"127\.\d+\.\d+\.\d+",
    "gap": r".*?",
}


@dataclass(frozen=True, kw_only=True)
class Typed:
    """A command of a document, and the lines it is shown to print."""

    line: int
    command: str
    shown: tuple[str, ...]
    mark: str

    @property
    def is_run(self) -> bool:
        return not self.mark.startswith("not run:")

    @property
    def is_repeated(self) -> bool:
        return self.mark.startswith("repeated until so")


def typed_in(text: str) -> Iterator[Typed]:
    """Every command of a document, in order."""
    for block in FENCE.finditer(text):
        lines = block["body"].splitlines()
        first = text.count("\n", 0, block.start("body")) + 1
        starts = [number for number, line in enumerate(lines) if line.startswith("$ ")]
        assert starts[:1] == [0], f"line {first}: a console block begins with a command"
        for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
            last = start
            while lines[last].endswith("\\"):
                last += 1
            yield Typed(
                line=first + start,
                command="\n".join(lines[start : last + 1])[2:],
                shown=tuple(lines[last + 1 : end]),
                mark=block["mark"] or "",
            )


def pattern_of(shown: tuple[str, ...]) -> re.Pattern[str]:
    """What the shown lines stand for; blanks at the ends of lines and blank lines at both ends do not count."""
    lines = [line.rstrip() for line in shown]
    pieces = [r"(?:[^\n]*\n)*?" if line == "…" else f"{line_pattern(line)}\n" for line in lines]
    return re.compile(rf"\n*{''.join(pieces)}\n*")


def line_pattern(line: str) -> str:
    pieces, end = [], 0
    for found in EXAMPLES.finditer(line):
        pieces += [re.escape(line[end : found.start()]), FORMS[found.lastgroup or ""]]
        end = found.end()
    return "".join([*pieces, re.escape(line[end:])])


def is_as_shown(printed: str, shown: tuple[str, ...]) -> bool:
    lines = "".join(f"{line.rstrip()}\n" for line in printed.splitlines())
    return not shown or pattern_of(shown).fullmatch(lines) is not None


def outcome(shell, typed: Typed) -> tuple[int, str]:
    """What the command ended with and printed; the demo's own output is what it has printed when it started."""
    if typed.command == "make demo":
        return 0, shell.demo.told
    return shell.run(typed.command)


def check(shell, document: str, typed: Typed) -> None:
    shown = tuple(shell.translated(line) for line in typed.shown)
    deadline = time.monotonic() + PATIENCE_SECONDS
    status, printed = outcome(shell, typed)
    while typed.is_repeated and not is_as_shown(printed, shown) and time.monotonic() < deadline:
        time.sleep(PAUSE_SECONDS)
        status, printed = outcome(shell, typed)

    where = f"{document}, line {typed.line}: {typed.command}"
    assert status == 0, f"{where}\nended with {status} and printed:\n{printed}"
    assert is_as_shown(printed, shown), f"{where}\nprinted:\n{printed}\nbut it is shown to print:\n" + "\n".join(shown)


@pytest.mark.services("dig")
@pytest.mark.timeout(300)  # dozens of processes are started, and there may be others beside them
@pytest.mark.parametrize("documents", TOGETHER, ids=" ".join)
def test_every_command_of_the_documents_does_what_they_say(documents, new_shell):
    texts = {document: (ROOT / document).read_text(encoding="utf-8") for document in documents}

    with new_shell() as shell:
        for document, text in texts.items():
            for typed in typed_in(text):
                if typed.is_run:
                    check(shell, document, typed)


@pytest.mark.parametrize("document", [*TYPED, "docs/why.md", "docs/architecture.md"])
def test_the_python_of_the_document_says_what_the_document_says(document):
    text = (ROOT / document).read_text(encoding="utf-8")
    blocks = re.findall(r"^```pycon\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    session = doctest.DocTestParser().get_doctest("".join(blocks), {}, document, document, 0)
    told: list[str] = []

    failed = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(session, out=told.append).failed

    assert failed == 0, "".join(told)


@pytest.mark.parametrize("document", TYPED)
def test_a_block_that_is_not_run_says_why(document):
    text = (ROOT / document).read_text(encoding="utf-8")

    assert [t.line for t in typed_in(text) if not t.is_run and not t.mark.removeprefix("not run:").strip()] == []


def test_a_shown_line_stands_for_others_of_its_form_only():
    shown = ("Gear 6b00ddd5b11d42599f087c14 is …", "…", "on node-a1.example.com")

    assert is_as_shown("Gear 6b00ddd5b11d42599f087c15 is well\n\nmore\non node-c2.example.com\n", shown)
    assert not is_as_shown("Gear none is well\non node-c2.example.com\n", shown)
    assert not is_as_shown("Gear 6b00ddd5b11d42599f087c15 is well\non node-c2.example.com\nmore\n", shown)
