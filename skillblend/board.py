"""What a page beside a robot shows, as HTML: what goes on, the plan with the judge's sentences, the latest decision.

Everything that a person typed, or that is called by a name of a scene, is escaped.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, Protocol

from skillblend.contracts import Decision, Step
from skillblend.sayings import judged

ROWS = 6
"""Options of a decision that are shown."""

NOTES = 5
"""Latest events that are shown."""

_INDENT = 'style="padding:0 0.6em 0.4em;font-size:0.9em"'

_QUIET = ("plan", "step", "decided", "explain", "status", "next")
"""Events that have a place of their own on the page."""


class Orders(Protocol):
    """What a page's controls do; each is called in a thread of its own, and returns at once but for `reset`."""

    def line(self, text: str) -> None:
        """Take a line of text; an empty one says yes to a plan that waits."""
        ...

    def stop(self) -> None:
        """Stop the robot."""
        ...

    def pause(self) -> None:
        """Interrupt what goes on."""
        ...

    def resume(self) -> None:
        """Go on with it."""
        ...

    def reset(self) -> None:
        """Stand the robot at its start again."""
        ...


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """One state of a page, in HTML.

    Attributes:
        status: What goes on, and robot time.
        steps: The plan: what was done, with the judge's sentence, what is under way, what is yet to come.
        notes: The latest events.
        decision: Why the step under way was chosen, option by option.
    """

    status: str
    steps: str
    notes: str
    decision: str


class Board:
    """Keeps what was told of one robot; from any thread.

    Attributes:
        step: Under way; None where none is.
    """

    def __init__(self) -> None:
        """Nothing has happened."""
        self.step: Step | None = None
        self._lock = threading.Lock()
        self._planned: list[Mapping[str, Any]] = []
        self._judged: list[Mapping[str, Any]] = []
        self._notes: deque[str] = deque(maxlen=NOTES)
        self._decision: Decision | None = None

    def hear(self, kind: str, text: str, data: Mapping[str, Any]) -> None:
        """Take an event of a console (`skillblend.draft.Tell`)."""
        with self._lock:
            if kind == "plan":
                self._planned, self._judged = list(data.get("steps", ())), []
            elif kind == "step":
                self._judged.append(data["step"])
                self.step = None
            elif kind in ("stopped", "reset", "ended", "refused"):
                self.step = None
            if data.get("decision") is not None:
                self._decision = data["decision"]
            if kind not in _QUIET:
                self._notes.append(text)

    def begun(self, step: Step, decision: Decision | None) -> None:
        """`step` is under way; `decision` chose it."""
        with self._lock:
            self.step, self._decision = step, decision or self._decision

    def sheet(self, status: str, time: float) -> Sheet:
        """How it is now: `status` is one line, `time` the robot's, s."""
        with self._lock:
            told, planned = list(self._judged), list(self._planned)
            step, notes, decision = self.step, list(self._notes), self._decision
        return Sheet(
            status=f'<div id="status" {_INDENT}><b>{escape(status)}</b><br>{time:.1f} s of robot time</div>',
            steps=_steps(told, step, planned),
            notes=_list("notes", [escape(note).replace("\n", "<br>") for note in notes]),
            decision=_table(decision),
        )


def _steps(told: Sequence[Mapping[str, Any]], step: Step | None, planned: Sequence[Mapping[str, Any]]) -> str:
    """Numbered lines; what was not done and is tried again has two."""
    lines = [f"{'&#10003;' if entry['success'] else '&#10007;'} {escape(judged(entry))}" for entry in told]
    if step is not None:
        lines.append(f"&#9654; <b>{escape(step.text)}</b>")
    done = sum(bool(entry["success"]) for entry in told) + (step is not None)
    for entry in planned[done:]:
        chance = entry.get("probability")
        lines.append(f"&middot; {escape(entry['text'])}" + ("" if chance is None else f" ({chance:.0%})"))
    return _list("steps", lines)


def _table(decision: Decision | None) -> str:
    """The best options, the chosen one in bold: how much it is asked for, how likely it succeeds, and the product."""
    if decision is None:
        return f'<div id="decision" {_INDENT}>nothing has been decided yet</div>'
    rows = ["<tr><th align=left>option</th><th>asked for</th><th>succeeds</th><th>product</th></tr>"]
    shown = list(decision.options[:ROWS])
    if decision.chosen not in shown:
        shown[-1] = decision.chosen
    for option in shown:
        chosen = option is decision.chosen
        style = "font-weight:bold" if chosen else ("" if option.allowed else "opacity:0.5")
        rule = "" if option.allowed else f" <i>{escape(option.reason or 'a rule forbids it')}</i>"
        numbers = "".join(
            f"<td align=right>{value:.2f}</td>" for value in (option.lm_score, option.affordance, option.score)
        )
        rows.append(f'<tr style="{style}"><td>{escape(option.step.text)}{rule}</td>{numbers}</tr>')
    read = "".join(f"<br>{escape(line)}" for line in decision.reading)
    asked = f"{escape(decision.planner)}: {escape(decision.instruction)}{read}"
    return (
        f'<div id="decision" {_INDENT}>{asked}<table style="width:100%;line-height:1.3">{"".join(rows)}</table></div>'
    )


def _list(name: str, lines: Sequence[str]) -> str:
    return f'<div id="{name}" {_INDENT}>' + "".join(f"<div>{line}</div>" for line in lines) + "</div>"
