"""``python -m skillblend_ros NAME ...``; see `skillblend_ros.programs`."""

import sys

from skillblend_ros.programs import main

if __name__ == "__main__":
    sys.exit(main())
