"""Point the CMake files of the ROS wheels at this environment's Python and NumPy headers; safe to repeat."""

from __future__ import annotations

import re
import sys
import sysconfig
from pathlib import Path

import numpy

PYTHON = re.compile(r"/opt/(?:python|_internal)/[^;\"\s)]*?/include/python3\.\d+")
NUMPY = re.compile(r"/(?:opt|tmp|project|root)/[^;\"\s)]*?/numpy/_?core/include")


def main() -> int:
    """Rewrite what names the machine on which the wheels were built."""
    changed = 0
    for file in Path(sys.prefix, "share").glob("*/cmake/*.cmake"):
        text = file.read_text()
        new = NUMPY.sub(numpy.get_include(), PYTHON.sub(sysconfig.get_path("include"), text))
        if new != text:
            file.write_text(new)
            changed += 1
    print(f"{changed} CMake files pointed at {sys.prefix}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
