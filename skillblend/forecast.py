"""What a plan would come to: N simulated futures of one state, step by step, with what is not certain about them."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from skillblend.contracts import Array, Step
from skillblend.intervals import wilson_interval
from skillblend.session import Outcome

FELL, FAULT, REFUSED, MISSED = "fell", "stopped by the guard", "not allowed", "not achieved"
"""Ways in which a step goes wrong."""


@dataclass(frozen=True, kw_only=True)
class Share:
    """So many of so many futures.

    Attributes:
        count: Of them.
        total: Futures in all.
    """

    count: int
    total: int

    @property
    def value(self) -> float:
        """The share; 0 where there are none."""
        return self.count / self.total if self.total else 0.0

    @property
    def interval(self) -> tuple[float, float]:
        """95% Wilson interval of the probability behind it."""
        return wilson_interval(self.count, self.total)

    def record(self) -> dict[str, Any]:
        """JSON-ready."""
        return {"count": self.count, "total": self.total, "share": self.value, "interval": list(self.interval)}


@dataclass(frozen=True, kw_only=True)
class KeyFrame:
    """How it looks at one moment of a future.

    Attributes:
        step: Number of the step that begins, is under way, or has just ended.
        seconds: Since the plan began, s.
        qpos: Of the simulation. Shape (nq,).
    """

    step: int
    seconds: float
    qpos: Array = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Future:
    """One of them.

    Attributes:
        episode: Its number: what is random about it depends on the seed and that alone.
        outcome: How the plan went.
        moved: Things that the plan is not about and that lie elsewhere in the end.
        frames: How it looked, where that was asked for.
    """

    episode: int
    outcome: Outcome
    moved: tuple[str, ...] = ()
    frames: tuple[KeyFrame, ...] = ()

    def broke(self, steps: int) -> tuple[int, str] | None:
        """The step of a plan of `steps` that went wrong, and how; None where none did."""
        outcome, entries = self.outcome, self.outcome.steps
        if outcome.success:
            return None
        undone = next((k for k, entry in enumerate(entries) if not entry["success"]), len(entries))
        if outcome.falls or outcome.fault:
            return min(undone, steps - 1), FELL if outcome.falls else FAULT
        return undone, MISSED if undone < len(entries) else REFUSED

    def why(self, number: int) -> str:
        """The fault, measurement or rule behind that."""
        entries = self.outcome.steps
        told = entries[number]["reason"] if number < len(entries) else self.outcome.reason
        return self.outcome.fault or told


@dataclass(frozen=True, kw_only=True)
class StepForecast:
    """What one step of the plan would come to.

    Attributes:
        step: Which.
        done: Of the futures that came to it, those in which it was done.
        seconds: Median time that it took them, s; None where it was never done.
        falls: Futures in which the robot fell in it.
        trouble: How often it went wrong in which way.
        why: What was measured in the first future in which it went wrong; empty where it never did.
    """

    step: Step
    done: Share
    seconds: float | None
    falls: int
    trouble: Mapping[str, int]
    why: str = ""

    def record(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "text": self.step.text, "behaviour": self.step.behaviour, "arguments": list(self.step.arguments),
            "done": self.done.record(), "seconds": self.seconds, "falls": self.falls, "trouble": dict(self.trouble),
            "why": self.why,
        }  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """What a plan would come to.

    Attributes:
        seed: Of the futures.
        steps: One by one.
        success: Futures in which every step was done and nobody fell.
        seconds: Median time that those took, s; None where there are none.
        falls: Futures in which the robot fell.
        moved: In how many futures each thing lies elsewhere that the plan is not about.
        futures: All of them.
    """

    seed: int
    steps: tuple[StepForecast, ...]
    success: Share
    seconds: float | None
    falls: int
    moved: Mapping[str, int]
    futures: tuple[Future, ...] = field(repr=False)

    @property
    def typical(self) -> Future:
        """One that ends as most do, and takes as long as half of those."""
        usual = self.success.count * 2 >= self.success.total
        alike = [future for future in self.futures if future.outcome.success == usual]
        return sorted(alike, key=lambda future: (future.outcome.seconds, future.episode))[(len(alike) - 1) // 2]

    def record(self) -> dict[str, Any]:
        """JSON-ready, without pictures."""
        return {
            "seed": self.seed, "success": self.success.record(), "seconds": self.seconds, "falls": self.falls,
            "moved": dict(self.moved), "steps": [step.record() for step in self.steps],
            "futures": [
                {"episode": f.episode, "success": f.outcome.success, "reason": f.outcome.reason,
                 "falls": f.outcome.falls, "fault": f.outcome.fault, "seconds": f.outcome.seconds,
                 "moved": list(f.moved), "steps": f.outcome.steps}
                for f in self.futures
            ],
        }  # fmt: skip


class Pending(Protocol):
    """Futures that are about to begin."""

    def run(self) -> list[Forecast]:
        """What each plan would come to."""
        ...

    def stop(self) -> None:
        """Let `run` end at once; from any thread."""
        ...


def plan_of(outcome: Outcome) -> list[Step]:
    """The steps that were carried out, each once: what was tried again is there where it was tried last."""
    entries = outcome.steps
    later = [{entry["text"] for entry in entries[k + 1 :]} for k in range(len(entries))]
    return [
        Step(text=entry["text"], behaviour=entry["behaviour"], arguments=tuple(entry["arguments"]))
        for entry, others in zip(entries, later, strict=True)
        if entry["success"] or entry["text"] not in others
    ]


def summarise(plan: Sequence[Step], futures: Sequence[Future], seed: int) -> Forecast:
    """What `futures` of `plan` have in common."""
    done = [future for future in futures if future.outcome.success]
    return Forecast(
        seed=seed,
        steps=tuple(_step(number, plan, futures) for number in range(len(plan))),
        success=Share(count=len(done), total=len(futures)),
        seconds=_median(future.outcome.seconds for future in done),
        falls=sum(future.outcome.falls for future in futures),
        moved=Counter(name for future in futures for name in future.moved),
        futures=tuple(futures),
    )


def _step(number: int, plan: Sequence[Step], futures: Sequence[Future]) -> StepForecast:
    wrong: list[tuple[Future, str]] = []
    done: list[float] = []
    for future in futures:
        broke, entries = future.broke(len(plan)), future.outcome.steps
        if broke is not None and broke[0] == number:
            wrong.append((future, broke[1]))
        elif number < len(entries) and entries[number]["success"]:
            done.append(float(entries[number]["seconds"]))
    trouble = Counter(how for _, how in wrong)
    return StepForecast(
        step=plan[number],
        done=Share(count=len(done), total=len(done) + len(wrong)),
        seconds=_median(done),
        falls=trouble[FELL],
        trouble=trouble,
        why=wrong[0][0].why(number) if wrong else "",
    )


def _median(values: Iterable[float]) -> float | None:
    found = sorted(values)
    return float(statistics.median(found)) if found else None
