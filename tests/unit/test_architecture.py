"""The documents name only what exists, and the import rules hold."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
DOCUMENTS = ("ARCHITECTURE.md", "README.md", "CONTRIBUTING.md")
TOPS = ("skillblend", "sim", "robots", "planners", "ros_ws", "tests", "models", "docs", "typings", ".ci")
MODULE = re.compile(r"(?:skillblend|sim|robots|planners)(?:\.[a-zA-Z_]\w*)+")


def code_spans(text: str) -> list[str]:
    """Every inline code span and every word of every fenced block."""
    blocks = re.findall(r"```.*?\n(.*?)```", text, flags=re.DOTALL)
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return inline + [word for block in blocks for word in block.split()]


def named_paths(text: str) -> set[str]:
    """Paths under the top-level folders, and relative link targets, that a document names."""
    words = {word.strip(".,;:()'\"") for word in code_spans(text)}
    spans = {word for word in words if "/" in word and word.split("/")[0] in TOPS}
    links = {link for link in re.findall(r"\]\(([^)#\s]+)", text) if "://" not in link}
    return {path for path in spans | links if not re.search(r"[A-Z]{3,}(?!\.md)|[*<{$]", path)}


def named_modules(text: str) -> set[str]:
    """Dotted names such as `skillblend.contracts.Robot` that a document puts in code spans."""
    return {match.group() for span in code_spans(text) if (match := MODULE.fullmatch(span.rstrip("()")))}


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


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_exists(document: str) -> None:
    missing = {path for path in named_paths((ROOT / document).read_text()) if not (ROOT / path).exists()}
    assert not missing, f"{document} names paths that do not exist: {sorted(missing)}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_module_exists(document: str) -> None:
    missing = {name for name in named_modules((ROOT / document).read_text()) if not resolve(name)}
    assert not missing, f"{document} names modules that do not exist: {sorted(missing)}"


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_make_target_exists(document: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    named = {
        target
        for span in re.findall(r"`(make [a-z -]+)`", (ROOT / document).read_text())
        for target in span.split()[1:]
    }
    assert named <= targets, f"{document} names targets that the Makefile lacks: {sorted(named - targets)}"


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
