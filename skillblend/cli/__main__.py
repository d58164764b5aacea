"""``python -m skillblend.cli`` is ``skillblend``."""

from __future__ import annotations

from skillblend.cli.main import main

if __name__ == "__main__":
    main()
