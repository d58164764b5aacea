"""Builds the documentation as a site: ``make docs``. A broken link or anchor ends it.

Pages lie where they lie in the repository, so that every relative link works there and here.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from mkdocs.__main__ import cli

ROOT = Path(__file__).resolve().parents[1]
PAGES = (
    "*.md", "LICENSE", "NOTICE", "docs/**/*.md", "docs/media/*", "models/**/*.md", "models/**/*.png",
    "robots/data/*.md",
)  # fmt: skip
"""What is staged, as patterns in the repository."""
_FENCE = re.compile(r"^```(\S+) (\S+)$", re.MULTILINE)


def files() -> Iterable[Path]:
    """What is staged, relative to the repository."""
    found = {path for pattern in PAGES for path in ROOT.glob(pattern) if path.is_file()}
    return sorted(path.relative_to(ROOT) for path in found)


def stage(target: Path) -> int:
    """Copy everything to the folder `target`, anew; how many files."""
    shutil.rmtree(target, ignore_errors=True)
    count = 0
    for name in files():
        out = target / name
        out.parent.mkdir(parents=True, exist_ok=True)
        if name.suffix == ".md":
            # Fences that name a file are titled with it.
            out.write_text(_FENCE.sub(r'```\1 title="\2"', (ROOT / name).read_text()))
        else:
            shutil.copyfile(ROOT / name, out)
        count += 1
    return count


def main() -> None:
    """Stage and build; the arguments are those of ``mkdocs build``."""
    sys.stdout.write(f"{stage(ROOT / 'build' / 'docs')} files\n")
    os.environ.setdefault("NO_MKDOCS_2_WARNING", "1")
    cli(["build", "--strict", "--config-file", str(ROOT / "mkdocs.yml"), *sys.argv[1:]])


if __name__ == "__main__":
    main()
