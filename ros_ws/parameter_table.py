"""Writes the parameter table of docs/ros2.md from `skillblend_ros.parameters`."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "src" / "skillblend_ros"))

from skillblend_ros.parameters import BEGIN, END, table  # noqa: E402

PAGE = Path(__file__).resolve().parents[1] / "docs" / "ros2.md"


def main() -> None:
    """Replace what is between the two marks."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{table()}\n{END}{after}")


if __name__ == "__main__":
    main()
