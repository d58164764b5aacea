"""A robot at work that is guided meanwhile: by what holds over all instructions, and by corrections on the way."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from skillblend.asking import Clarification
from skillblend.contracts import Decision, SceneState, Step
from skillblend.corrections import Correction, correction_of, is_about_the_last, may_correct, step_under_way
from skillblend.draft import Draft, Player, Tell
from skillblend.options import ground_options
from skillblend.playing import Playing
from skillblend.preferences import Preferences
from skillblend.remembered import Remembers
from skillblend.standing import StandingRules

_FORGET_EPISODE = re.compile(r"(?:please )?forget (?:the )?episode (?:number )?(\d+)")
NO_MEMORY = "nothing is remembered: begin with --memory PATH, or --memory user for a file of your own"


class Afterwards(str):
    """A line that is done behind every instruction, and behind which nothing is."""


class First(str):
    """A line that is done first; what it interrupted goes on then."""

    interrupted = ""


class Guided(Playing):
    """Adds what holds over turns, and corrections.

    Attributes:
        standing: What holds.
        preferences: What was corrected, and holds for the same words.
        memory: What was carried out, where that is kept.
    """

    def __init__(
        self,
        make_player: Callable[[], Player],
        tell: Tell,
        *,
        yes: bool = True,
        preferences: Preferences | None = None,
        memory: Remembers | None = None,
    ) -> None:
        """`make_player` stands a fresh robot up; with `yes`, no plan is asked about."""
        self.memory = memory
        self._begun: tuple[str, SceneState, Sequence[Decision]] | None = None
        self._entries: Sequence[dict[str, Any]] = ()
        self.standing = StandingRules()
        self.preferences = preferences or Preferences()
        self._goes_on: tuple[Sequence[Step], str] = ((), "")
        self._typed = ""
        super().__init__(make_player, tell, yes=yes)

    # --- what holds ---

    def ruled(self, line: str) -> bool:
        """Whether `line` was a standing instruction, took one back, or forgot what was carried out."""
        if found := _FORGET_EPISODE.fullmatch(line.strip(" .!").casefold()):
            self.say("memory", NO_MEMORY if self.memory is None else self.memory.forget(int(found[1])))
            return True
        said = self.standing.hear(line, self.player.scene.things)
        if said is None:
            return False
        if not self.standing.rules and said == "no rule holds" and (gone := self.preferences.forget()):
            said = f"forgotten: {gone}"
        if self.draft is not None:
            self.draft = None
            self.say("cancelled", "the plan that waited was made without this, and is dropped")
        self.say("rules", said, rules=[rule.text for rule in self.standing.rules])
        return True

    def tell_rules(self) -> None:
        """All that holds."""
        rules, kept = self.standing.lines(), self.preferences.lines()
        self.say(
            "rules", "\n".join([*rules, *kept]) or "  no rule holds", rules=[r.text for r in self.standing.rules]
        )

    def tell_memory(self) -> None:
        """All that was carried out and is remembered."""
        lines = [f"  {NO_MEMORY}"] if self.memory is None else self.memory.lines() or ["  nothing yet"]
        self.say("memory", "\n".join(lines))

    def ruling(self) -> str:
        """How many rules hold, for a line of status."""
        count = len(self.standing.rules)
        return f" | {count} rule{'s' * (count > 1)}" if count else ""

    def _meant(self, text: str) -> str:
        self._typed = text
        interrupted = getattr(text, "interrupted", "")
        self._goes_on = (tuple(self._rest), interrupted) if interrupted else ((), "")
        meant = self.preferences.meant(text)
        if not meant:
            return text
        self.say("hint", f"{text!r} was corrected to {meant!r} before; that is done (`forget that` takes it back)")
        return meant

    def _against(self, text: str) -> str:
        return self.standing.conflict(text, self.player.scene.things)

    def _breaks(self, decisions: Sequence[Decision]) -> str:
        if self._begun is not None:
            self._begun = (*self._begun[:2], decisions)
        return next((why for made in decisions if (why := self.standing.held_back(made))), "")

    def _asked(self, text: str) -> str:
        self._begun = None if self.memory is None else (text, self.player.scene, ())
        return self.standing.apply(text)

    def _refuse(self, reason: str, question: Clarification) -> None:
        super()._refuse(self.standing.named(reason), question)

    def _ended(self, outcome: Any, stops: int) -> None:
        self._entries = getattr(outcome, "steps", ())
        super()._ended(outcome, stops)

    def _remember(self, success: bool) -> None:
        """Keep how it went, where it went as it was planned; what was changed or resumed is another plan."""
        begun, self._begun = self._begun, None
        if self.memory is not None and begun is not None:
            told = self.memory.learn(*begun[:2], self._entries, begun[2], success=success)
            if told:
                self.say("memory", told)

    def _tell_end(self, success: bool, reason: str) -> None:
        self._remember(success and not self._unverified)
        super()._tell_end(success, reason)
        (steps, interrupted), self._goes_on = self._goes_on, ((), "")
        if not success:
            return
        if steps:
            self.say("plan", "\n".join(["goes on with:", *(f"  {step.text}" for step in steps)]))
            self._follow(steps, self._stops)
        elif interrupted:
            self.waiting.appendleft(interrupted)
        elif not isinstance(self._typed, Afterwards):
            self.waiting.extendleft(Afterwards(text) for text in reversed(self.standing.after()))

    # --- on the way ---

    def correction(self, line: str, doing: str) -> Correction | None:
        """What `line` corrects while `doing` goes on; None where it corrects nothing."""
        if not may_correct(line):
            return None
        scene = self.player.scene
        return correction_of(line, self._last_instruction, step_under_way(doing, ground_options(scene)), scene)

    def _corrects_the_last(self, line: str) -> bool:
        """Whether `line` is about what was done last; it is done otherwise then, or it is said why not."""
        if not is_about_the_last(line):
            return False
        if not self._last_instruction:
            self.say("hint", f"nothing has been done yet that {line!r} could be about")
            return True
        found = self.correction(line, self.lately)
        if found is not None and self.memory is not None and (found.instead or found.question):
            self.memory.mistaken(self._last_instruction)
        if found is not None:
            self.redirect(found)
        return found is not None

    def _corrects_the_plan(self, line: str, draft: Draft) -> bool:
        """Whether `line` is about a step of the plan that waits; another is made then."""
        if not is_about_the_last(line):
            return False
        for step, _ in draft.steps:
            found = correction_of(line, draft.instruction, step, self.player.scene)
            if found is not None and not found.hint:
                self._redirect(found, draft.instruction)
                return True
        return False

    def redirect(self, found: Correction) -> None:
        """What was meant comes next, behind a stop."""
        self._redirect(found, self._last_instruction)

    def _redirect(self, found: Correction, instruction: str) -> None:
        if found.hint:
            self.say("hint", found.hint)
            return
        if found.question:
            self._question = found.question
            self.say("question", str(found.question), choices=list(found.question.choices))
            return
        for line in found.lines:
            first = First(line)
            first.interrupted = instruction if found.goes_on else ""
            self._submit(first)
        if found.instead:
            trouble = self.preferences.keep(found.instead, found.lines[0])
            kept = trouble or "kept: the same words mean that from now on; `forget that` takes it back"
            self.say("preference", f"{found.instead!r} means {found.lines[0]!r}; {kept}")
