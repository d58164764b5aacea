"""The documents name only what exists, and the import rules hold."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
DOCUMENTS = ("ARCHITECTURE.md", "README.md", "CONTRIBUTING.md")
PAGES = (*DOCUMENTS, *sorted(str(p.relative_to(ROOT)) for p in (ROOT / "docs").rglob("*.md") if "log" not in p.name))
"""Those, and all others but the logs, which name what was there then."""
TOPS = ("skillblend", "sim", "robots", "planners", "ros_ws", "tests", "models", "docs", "typings", ".ci")
MODULE = re.compile(r"(?:skillblend|sim|robots|planners)(?:\.[a-zA-Z_]\w*)+")


def code_spans(text: str) -> list[str]:
    """Every inline code span and every word of every fenced block."""
    blocks = re.findall(r"```.*?\n(.*?)```", text, flags=re.DOTALL)
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return inline + [word for block in blocks for word in block.split()]


def named_paths(text: str) -> set[str]:
    """Paths under the top-level folders that a document names."""
    words = {word.strip(".,;:()'\"") for word in code_spans(text)}
    spans = {word for word in words if "/" in word and word.split("/")[0] in TOPS}
    return {path for path in spans if not re.search(r"[A-Z]{3,}(?!\.md)|[*<{$]|\.venv|-v0$", path)}


def linked(text: str) -> set[str]:
    """Relative targets of links."""
    return {link for link in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in link}


def named_modules(text: str) -> set[str]:
    """Dotted names such as `skillblend.contracts.Robot` that a document puts in code spans."""
    found = {match.group() for span in code_spans(text) if (match := MODULE.fullmatch(span.rstrip("()")))}
    return {name for name in found if not name.endswith((".py", ".json"))}


def resolve(dotted: str) -> bool:
    """Whether a module file exists for a leading part of `dotted` and defines the part that follows."""
    parts = dotted.split(".")
    for count in range(len(parts), 0, -1):
        base = ROOT.joinpath(*parts[:count])
        for file in (base.with_suffix(".py"), base / "__init__.py"):
            if file.is_file():
                rest = parts[count:]
                return not rest or re.search(rf"\b{rest[0]}\b", file.read_text()) is not None
    return False


@pytest.mark.parametrize("document", PAGES)
def test_every_path_exists(document: str) -> None:
    text = (ROOT / document).read_text()
    missing = {path for path in named_paths(text) if not (ROOT / path).exists()}
    missing |= {link for link in linked(text) if not (ROOT / document).parent.joinpath(link).exists()}
    assert not missing, f"{document} names paths that do not exist: {sorted(missing)}"


def test_every_link_into_a_page_has_a_heading() -> None:
    for document in PAGES:
        for page, heading in re.findall(r"\]\(([^)#\s:]*)#([^)\s]+)\)", (ROOT / document).read_text()):
            text = (ROOT / document).parent.joinpath(page).read_text() if page else (ROOT / document).read_text()
            titles = re.findall(r"^#+ (.*)$", text, flags=re.MULTILINE)
            anchors = {re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title in titles}
            assert heading in anchors, f"{document} links to {page}#{heading}; there are {sorted(anchors)}"


@pytest.mark.parametrize("document", [*PAGES, "CHANGELOG.md", "docs/log.md", "docs/log-planner.md"])
def test_rows_of_a_table_have_as_many_cells_as_its_head(document: str) -> None:
    """GitHub takes every bar without a backslash for the edge of a cell, in code too."""
    lines = (ROOT / document).read_text().splitlines()
    for above, line in pairwise(lines):
        if above.startswith("|") and line.startswith("|"):
            bars = [len(re.findall(r"(?<!\\)\|", row)) for row in (above, line)]
            assert bars[0] == bars[1], f"{document}: {line}"


def test_every_decision_is_in_the_index() -> None:
    folder = ROOT / "docs" / "adr"
    pages = {page.name for page in folder.glob("[0-9]*.md")}
    assert linked((folder / "README.md").read_text()) == pages
    numbers = sorted(name[:4] for name in pages)
    assert numbers == [f"{number:04d}" for number in range(len(pages))]


@pytest.mark.parametrize("document", PAGES)
def test_every_module_exists(document: str) -> None:
    missing = {name for name in named_modules((ROOT / document).read_text()) if not resolve(name)}
    assert not missing, f"{document} names modules that do not exist: {sorted(missing)}"


@pytest.mark.parametrize("document", PAGES)
def test_every_make_target_exists(document: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    named = {
        target
        for span in re.findall(r"`(make [a-z -]+)`", (ROOT / document).read_text())
        for target in span.split()[1:]
    }
    assert named <= targets, f"{document} names targets that the Makefile lacks: {sorted(named - targets)}"


def test_every_recipe_of_the_makefile_is_a_whole_shell_command() -> None:
    """Make hands each line of a recipe to a shell of its own; here those shells read and run nothing."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    checked = subprocess.run(
        ["make", "--always-make", "--keep-going", ".SHELLFLAGS=-n -c", *sorted(targets)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0, checked.stderr


def test_architecture_is_checked_at_all() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    assert len(named_paths(text)) >= 10
    assert len(named_modules(text)) >= 3


def test_import_rules_hold() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
