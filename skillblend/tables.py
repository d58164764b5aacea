"""Decisions as tables, for people, and as records, for programs."""

from __future__ import annotations

from typing import Any

from rich.markup import escape
from rich.table import Table

from skillblend.contracts import Decision


def decision_table(decision: Decision, seconds: float, rows: int = 5) -> Table:
    """The best options of a decision."""
    title = f"t = {seconds:.1f} s, {escape(decision.planner)}: {escape(decision.chosen.step.text)}"
    table = Table(title=title, title_justify="left")
    for name in ("option", "score", "affordance", "product"):
        table.add_column(name, justify="left" if name == "option" else "right")
    for option in decision.options[:rows]:
        style = "bold green" if option is decision.chosen else ("dim" if not option.allowed else "")
        table.add_row(
            escape(option.step.text), f"{option.lm_score:.3f}", f"{option.affordance:.3f}", f"{option.score:.3f}",
            style=style,
        )  # fmt: skip
    table.caption, table.caption_justify = escape("\n".join(decision.reading)) or None, "left"
    return table


def decision_record(decision: Decision) -> dict[str, Any]:
    """A decision as JSON-ready values."""
    return {
        "instruction": decision.instruction,
        "planner": decision.planner,
        "history": [{"step": s.text, "success": ok} for s, ok in decision.history],
        "chosen": decision.chosen.step.text,
        "reading": list(decision.reading),
        "choices": list(decision.choices),
        "unaccounted": list(decision.unaccounted),
        "remembered": list(decision.remembered),
        "options": [
            {
                "step": o.step.text,
                "lm_score": o.lm_score,
                "affordance": o.affordance,
                "score": o.score,
                "allowed": o.allowed,
                "reason": o.reason,
            }
            for o in decision.options
        ],
    }
