"""The H1 with longer shanks; its numbers are written by the test."""

from __future__ import annotations

from dataclasses import replace

from robots.h1 import SPEC as H1

SPEC = replace(H1, name="longshanks", wiring=None, meshes="")
