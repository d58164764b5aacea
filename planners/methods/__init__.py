"""Ways to ask a language model for a plan in words, by name: one file each, with a `METHOD`.

`--planner METHOD:MODEL` takes one of them, MODEL being a folder or an endpoint: see `planners.writing`.
"""

from __future__ import annotations

from planners.writing.asking import Method
from skillblend.registry import Registry

METHODS: Registry[Method] = Registry("method", package="planners.methods", attribute="METHOD", of=Method, every=True)
"""All of them: every module of this package."""
