"""Reads steps out of what a language model wrote: only what is an option, word for word, is a step."""

from __future__ import annotations

import re
from collections.abc import Sequence

from planners.writing.writer import NothingWrittenError
from skillblend.contracts import Step
from skillblend.options import DONE, REFUSE

MOST = 24
"""Steps of a plan that are read at most."""

_MARK = re.compile(r"^(?:(?:step )?\d+ ?[.):]|[-*\u2022])\s*(.*)$", re.IGNORECASE)
_PLAN = re.compile(r"^[#*\s]*(?:(?:final|the|my) )?(?:plan|answer|steps)(?: is)?[*\s]*:[*\s]*(.*)$", re.IGNORECASE)


def plain(line: str) -> str:
    """`line` as an option would be spelt: lower case, no quotes, no closing punctuation."""
    return re.sub(r"\s+", " ", line.strip(" \t\"'`*.,;!\u201c\u201d\u2018\u2019")).lower()


def steps_of(text: str, options: Sequence[Step]) -> list[Step]:
    """The plan in `text`: its lines after the last "Plan:", if there is one, that are options.

    A line with a number or a bullet that is no option makes the whole a plan that cannot be followed. Refusing
    anywhere is refusing the whole; `done` ends it.

    Raises:
        NothingWrittenError: There is no step, there are too many, or one is no option.
    """
    known = {plain(step.text): step for step in options}
    found: list[Step] = []
    for line in _plan_lines(text):
        marked, line = _unmarked(line)
        step = known.get(plain(line))
        if step == DONE:
            break
        if step is not None:
            found.append(step)
        elif marked and plain(line):
            raise NothingWrittenError(f"the language model wrote {plain(line)[:80]!r}, which is no step here")
    if REFUSE in found:
        return [REFUSE]
    if not found:
        raise NothingWrittenError(f"the language model wrote nothing that can be done here: {plain(text)[:80]!r}")
    if len(found) > MOST:
        raise NothingWrittenError(f"the language model wrote {len(found)} steps, at most {MOST} are taken")
    return found


def _unmarked(line: str) -> tuple[bool, str]:
    """Whether `line` has a number or a bullet, and what comes after all of them: "1. - turn left" has been seen."""
    marked = False
    while mark := _MARK.match(line):
        marked, line = True, mark.group(1)
    return marked, line


def _plan_lines(text: str) -> list[str]:
    lines = [line.strip() for line in text.splitlines()]
    starts = [k for k, line in enumerate(lines) if _PLAN.match(line)]
    if not starts:
        return lines
    head = _PLAN.match(lines[starts[-1]])
    return [head.group(1) if head else "", *lines[starts[-1] + 1 :]]
