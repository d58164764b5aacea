"""The documentation builds as a site, and a broken link is noticed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]


def built(tmp_path: Path, pages: Path) -> subprocess.CompletedProcess[str]:
    """`mkdocs build --strict` of staged pages."""
    config = (ROOT / "mkdocs.yml").read_text().replace("build/docs", str(pages))
    (tmp_path / "mkdocs.yml").write_text(config.replace("build/site", str(tmp_path / "site")))
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", str(tmp_path / "mkdocs.yml")],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """All pages, staged as `make docs` stages them."""
    code = f"import sys; sys.path.insert(0, {str(ROOT / 'docs')!r}); import build_site, pathlib; "
    code += f"build_site.stage(pathlib.Path({str(tmp_path / 'pages')!r}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return tmp_path / "pages"


def test_every_link_leads_somewhere(tmp_path: Path, pages: Path) -> None:
    done = built(tmp_path, pages)
    assert done.returncode == 0, done.stdout + done.stderr
    page = (tmp_path / "site" / "docs" / "guides" / "skill" / "index.html").read_text()
    assert "skillblend/skills/saluting.py" in page and "fonts.googleapis.com" not in page


@pytest.mark.parametrize("link", ["[x](nowhere.md)", "[x](../results.md#no-such-place)", "![x](gone.png)"])
def test_a_broken_link_is_noticed(tmp_path: Path, pages: Path, link: str) -> None:
    page = pages / "docs" / "guides" / "python.md"
    page.write_text(page.read_text() + f"\n{link}\n")
    done = built(tmp_path, pages)
    assert done.returncode != 0 and "python.md" in done.stdout + done.stderr


def test_every_page_of_the_menu_exists_and_every_guide_is_in_it() -> None:
    menu = yaml.safe_dump(yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"])
    named = re.findall(r"[\w./-]+\.md", menu)
    assert all((ROOT / name).is_file() for name in named)
    guides = {f"docs/guides/{path.name}" for path in (ROOT / "docs" / "guides").glob("*.md")}
    assert guides <= set(named), f"not in the menu: {guides - set(named)}"
