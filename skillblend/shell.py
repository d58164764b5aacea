"""The console's commands, for every robot that has one: lines in, events out. Knows of no terminal and no ROS.

`line` returns at once, whatever was typed: what takes time happens in a thread (`skillblend.playing`). What is meant
to stop the robot is looked at before everything else.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from skillblend import sayings
from skillblend.contracts import Decision
from skillblend.draft import Draft, Player, Tell
from skillblend.guided import Guided
from skillblend.options import ENDS, ground_options
from skillblend.preferences import Preferences
from skillblend.remembered import Remembers
from skillblend.safety.stop_words import is_stop
from skillblend.standing import rule_of


class Shell(Guided):
    """One line in; what it sets going ends by itself or by the next stop.

    Attributes:
        over: Whether the person wants to leave.
    """

    def __init__(
        self,
        make_player: Callable[[Shell], Player],
        tell: Tell,
        *,
        yes: bool = True,
        preferences: Preferences | None = None,
        memory: Remembers | None = None,
    ) -> None:
        """`make_player` stands a fresh robot up; with `yes`, no plan is asked about; the rest is kept."""
        self.over = False
        super().__init__(lambda: make_player(self), tell, yes=yes, preferences=preferences, memory=memory)

    # --- what is typed ---

    def line(self, text: str) -> None:
        """Act on one line; returns at once.

        What is meant to stop the robot does so before all else: `skillblend.safety.stop_words`. Leaving stops it too.
        """
        word = " ".join(text.split())
        plain = word.casefold()
        if plain in ("quit", "exit"):
            self.over = True
        elif self._stops_by(text, plain):
            self._stop_for(word)
        elif not self._taken(word, plain) and plain:
            self._act(word, plain)

    def _taken(self, word: str, plain: str) -> bool:
        """Whether a line is a rule, corrects what goes on, or is about the plan that waits."""
        if self.ruled(word) or (self.busy and self._redirected(word)):
            return True
        return self.draft is not None and self._answered(word, plain)

    def _stop_for(self, word: str) -> None:
        """Stop; where the line says more than that, do what it says then."""
        busy, doing, draft = self.busy, self.doing[0], self.draft
        self.stop()
        if rule_of(word.strip(" .!").casefold()) is not None:
            self.ruled(word)
        elif (busy or draft is not None) and word.casefold().startswith("undo"):
            self.say("hint", "`undo` has stopped it; once the robot stands, `undo` goes back what was done")
        elif busy and (found := self.correction(word, doing)) is not None:
            self.redirect(found)
        elif not busy and draft is not None:
            self._corrects_the_plan(word, draft)

    def _redirected(self, word: str) -> bool:
        found = self.correction(word, self.doing[0])
        if found is not None:
            self.stop()
            self.redirect(found)
        return found is not None

    def _stops_by(self, text: str, plain: str) -> bool:
        if not self.busy and self.draft is None and plain in sayings.WORDS and plain != "stop":
            return False  # "say" is one slip away from "stay"
        if self.draft is not None and plain.split(" ")[0] in ("edit", "skip", "preview", "why"):
            return False
        return is_stop(text, moving=self.busy or self.draft is not None)

    # --- commands ---

    def _act(self, word: str, plain: str) -> None:
        first, _, rest = plain.partition(" ")
        questions = {
            "help": self._help, "say": self._say, "options": self._options, "objects": self._objects,
            "status": self._status, "rules": self.tell_rules, "queue": self._queue, "clear": self._clear,
            "pause": self.stop, "memory": self.tell_memory,
        }  # fmt: skip
        works: dict[str, Callable[[], None]] = {
            "again": self._again, "undo": self._undo, "resume": self._resume, "reset": self._reset,
        }  # fmt: skip
        slow: dict[str, Callable[[], None]] = {"explain": self.explain, "why": self._why}
        if plain in questions:
            questions[plain]()
        elif plain in works:
            if self._free():
                works[plain]()
        elif plain in slow:
            self._beside(slow[plain])
        elif first == "why" and rest.startswith("not "):
            self._beside(lambda: self.say("why", sayings.why_not(rest[4:], self.decision(), self.player.scene)))
        elif first == "preview" and rest:
            self._submit(word, preview=True)
        elif plain in ("go", "yes", "cancel", "preview") or first in ("skip", "edit"):
            self.say("hint", f"there is no plan to {first}; type an instruction first")
        elif near := sayings.mistyped(plain):
            self.say("hint", f"{word!r} is no command; did you mean {near!r}?")
        elif not self._corrects_the_last(word):
            self._submit(word)

    def _answered(self, word: str, plain: str) -> bool:
        """Whether a line was about the plan that waits."""
        draft = self.draft
        assert draft is not None  # whoever calls has looked
        first, _, rest = plain.partition(" ")
        if self.busy and plain not in ("cancel", "c", "n"):
            self.say("hint", "wait for the preview, or cancel")
        elif plain in ("", "go", "yes", "y", "ok"):
            self.draft = None
            self._begin(lambda: self._carry_out(draft, self._stops), stops=self._stops)
        elif plain in ("cancel", "c", "n"):
            self.stop()
        elif first in ("skip", "edit"):
            self._change(draft, first, rest)
        elif plain == "preview":
            self._begin(lambda: self._preview(draft))
        elif first in sayings.WORDS or plain.startswith("why"):
            return False
        else:
            self.draft = None
            self.say("cancelled", f"dropped: {draft.instruction}")
            if not self._corrects_the_plan(word, draft):
                self._submit(word)
        return True

    def _change(self, draft: Draft, how: str, rest: str) -> None:
        trouble = draft.change(how, rest, self.player.scene)
        if trouble:
            self.say("hint", trouble)
        elif not draft.steps:
            self.draft = None
            self.say("cancelled", "nothing is left of the plan; nothing moved")
        else:
            self._show(draft)

    def _free(self) -> bool:
        if self.busy:
            self.say("hint", "the robot is busy; type stop first")
            return False
        return True

    # --- questions ---

    def decision(self) -> Decision | None:
        """The latest one: the robot's own, else that of the latest plan."""
        return self.player.last or self._decision

    def explain(self) -> None:
        """The latest decision; whoever has a screen shows its table."""
        found = self.decision()
        text = "nothing has been decided yet" if found is None else sayings.why(found)
        self._tell("explain", text, {} if found is None else {"decision": found})

    def _why(self) -> None:
        self.say("why", sayings.why(self.decision()))

    def _help(self) -> None:
        lines = [f"  {name:<12} {about}" for name, about in sayings.COMMANDS.items()]
        self.say("help", "\n".join(["an instruction in English (`say` for examples), or:", *lines]))

    def _say(self) -> None:
        self.say("say", "\n".join(["for example:", *sayings.examples(self.player.scene)]))

    def _options(self) -> None:
        steps = [step.text for step in ground_options(self.player.scene) if step.behaviour not in ENDS]
        self.say("options", "\n".join(f"  {text}" for text in steps), options=steps)

    def _objects(self) -> None:
        lines = sayings.object_lines(self.player.scene)
        self.say("objects", "\n".join(lines or ["  nothing is here"]))

    def _status(self) -> None:
        self.say("status", self.status(), busy=self.busy, waiting=list(self.waiting))

    def status(self) -> str:
        """One line: what is going on, for how long, what waits, and how to stop."""
        what, since = self.doing
        if self.draft is not None:
            return f"waits for an answer: {self.draft.instruction} | Enter goes, cancel drops"
        if not self.busy:
            return f"stands{self.ruling()} | type an instruction, or say" if not self.over else ""
        queue = f" | {len(self.waiting)} wait" if self.waiting else ""
        took = f", {time.monotonic() - since:.0f} s" if since else ""
        return f"{what or 'works'}{took}{queue}{self.ruling()} | stop or Ctrl-C stops"

    def _queue(self) -> None:
        lines = [f"  {number}. {text}" for number, text in enumerate(self.waiting, start=1)]
        self.say("queue", "\n".join(lines or ["  nothing waits"]), waiting=list(self.waiting))

    def _clear(self) -> None:
        if not self.drop():
            self.say("hint", "nothing waits")
