"""What a console sets going: instructions, planned, shown and carried out one after another, beside the typing.

Stopping waits for nothing: it sets a flag that the robot's own loop reads at each control step.
"""

from __future__ import annotations

import gc
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

from skillblend import sayings
from skillblend.asking import Clarification
from skillblend.contracts import Decision, Step
from skillblend.draft import NOT_VERIFIED, Draft, Player, Tell
from skillblend.errors import SkillblendError
from skillblend.side_job import SideJob

TIDY = 60.0
"""Between two looks through all objects, s."""

MOST_WAITING = 8
"""Lines that may wait."""


class Playing:
    """A robot at work; what it does ends by itself or by the next stop.

    Attributes:
        player: The robot.
        yes: Whether no plan is asked about.
        failed: How many instructions were not achieved.
        waiting: Lines that wait for the robot.
        draft: A plan that waits for an answer.
        doing: What is going on, and since when on the monotonic clock, s; 0 where it says itself for how long.
        lately: What went on last, as `doing` said it.
    """

    def __init__(self, make_player: Callable[[], Player], tell: Tell, *, yes: bool = True) -> None:
        """`make_player` stands a fresh robot up; with `yes`, no plan is asked about."""
        self._make, self._tell, self.yes = make_player, tell, yes
        self.failed = 0
        self._tidied = time.monotonic()
        self.waiting: deque[str] = deque()
        self.draft: Draft | None = None
        self.doing: tuple[str, float] = ("", 0.0)
        self.lately = ""
        self._stops, self._heeded, self._telling = 0, 0, threading.Lock()
        self._active, self._turn = False, threading.Lock()
        self._question, self._unverified = Clarification(), ""
        self._rest: list[Step] = []
        self._done: list[Step] = []
        self._last_instruction = ""
        self._decision: Decision | None = None
        self._work: SideJob | None = None
        self._aside: list[SideJob] = []
        self._failure: BaseException | None = None
        self.player = make_player()

    def stop(self) -> None:
        """Stop; what waits is dropped. Waits for nothing."""
        busy = self._active  # looked at first: the robot may have stopped, and the thread ended, a moment later
        self._stops += 1
        self.player.stop_requested = True
        self.drop()
        if self.draft is not None:
            self.draft = None
            self.say("cancelled", "cancelled; nothing moved")
        elif not busy:
            self._begin(self._stand_still)
        else:
            with self._telling:  # "stopping" is not said where the robot has stopped meanwhile
                if self._heeded != self._stops:
                    self.say("stopping", "stopping")

    @property
    def busy(self) -> bool:
        """Whether something is being planned or carried out."""
        return self._active

    def wait(self) -> None:
        """Until nothing is going on and nothing waits.

        Raises:
            BaseException: Whatever ended an instruction and is no refusal.
        """
        while (work := self._work) is not None:
            work.wait()
            if self._work is work:
                self._work = None
        for errand in self._aside:
            errand.wait()
        self._aside.clear()
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure

    def leave(self) -> None:
        """Stop, and wait until nothing is going on."""
        self.waiting.clear()
        if self.busy:
            self._stops += 1
            self.player.stop_requested = True
        self.wait()

    def say(self, kind: str, text: str, **data: Any) -> None:
        """Tell whoever listens."""
        self._tell(kind, text, data)

    # --- instructions ---

    def _submit(self, text: str, *, preview: bool = False) -> None:
        with self._turn:  # what waits is looked at, and the thread that would do it ends, under this lock
            busy, full, stops = self._active, len(self.waiting) >= MOST_WAITING, self._stops
            self._active = True  # of two lines that come from two sides at once, one waits
            if busy and not full:
                self.waiting.append(text)
        if busy and full:
            self.say("hint", f"{MOST_WAITING} lines wait already; this one is dropped: {text}")
            return
        if busy:
            self.say("queued", f"waits ({len(self.waiting)}): {text}", line=text, waiting=len(self.waiting))
            return
        if preview:
            self._begin(lambda: self._instruct(text.split(" ", 1)[1], stops, preview=True), stops=stops)
        else:
            self._begin(lambda: self._instruct(text, stops), stops=stops)

    def _instruct(self, text: str, stops: int, *, preview: bool = False) -> None:
        """Plan, show, ask where that is due, and carry out."""
        if self._helpless():
            return
        text = self._meant(self._question.answered(text) or text)
        self._last_instruction, self._rest, self._question, self._unverified = text, [], Clarification(), ""
        self._tidy()
        if why := self._against(text):
            self._refuse(why, Clarification())
            return
        self.doing = (f"planning {text!r}", time.monotonic())
        draft = self.player.plan(self._asked(text))
        if self._stopped(stops):
            self._tell_stopped("stopped; nothing moved")
            return
        if draft is None:
            self._ended(self.player.run(self._asked(text)), stops)
            return
        draft.instruction = text
        if draft.decisions:
            self._decision = draft.decisions[0]
        if not draft.refused and (why := self._breaks(draft.decisions)):
            self._refuse(why, Clarification())
            return
        if draft.refused or not draft.steps:
            self._refuse(draft.refused or "there is nothing to do", draft.question)
            return
        if preview:
            self._preview(draft)
            return
        self._show(draft)
        if draft.risk and not self.yes:
            self.draft = draft
            self.drop()
            self.say(
                "ask", f"{draft.risk}. Enter to go, `edit N STEP`, `skip N`, `preview`, `cancel`", risk=draft.risk
            )
            return
        self._carry_out(draft, stops)

    def _meant(self, text: str) -> str:
        """What is done where `text` was typed."""
        return text

    def _against(self, text: str) -> str:
        """Why `text` is not to be done, whatever a planner says; "" where nothing speaks against it."""
        del text
        return ""

    def _breaks(self, decisions: Sequence[Decision]) -> str:
        """Why what was decided is not what was asked for; "" where it is."""
        del decisions
        return ""

    def _asked(self, text: str) -> str:
        """What the planner is given for `text`."""
        return text

    def _tidy(self) -> None:
        """Look through all objects now and then, before anything moves: later it would hold up a stop."""
        if time.monotonic() - self._tidied > TIDY:
            gc.collect()
            self._tidied = time.monotonic()

    def _carry_out(self, draft: Draft, stops: int) -> None:
        self._last_instruction, self._unverified = draft.instruction, draft.unverified
        self._decision = draft.decisions[0] if draft.decisions else self._decision
        self._follow([step for step, _ in draft.steps], stops)

    def _follow(self, steps: Sequence[Step], stops: int, *, note: bool = True) -> None:
        """Carry out `steps`; one that was not done is tried once more."""
        rest, outcome = list(steps), None
        if note:
            self._done = []
        for _ in range(2):
            outcome = self.player.follow(rest)
            done = 0
            for entry in outcome.steps:
                if not entry["success"] or done >= len(rest):
                    break
                done += 1
            self._done += rest[:done] if note else []
            rest = rest[done:]
            if not rest or outcome.success or self._stopped(stops) or self.player.fallen or self.player.fault:
                break
            self.say("again", f"once more: {rest[0].text}")
        self._rest = rest
        self._ended(outcome, stops)

    def _ended(self, outcome: Any, stops: int) -> None:
        if self._helpless():
            self.failed += 1
        elif self._stopped(stops):
            self._stand()
            rest = f"; `resume` goes on with: {', '.join(s.text for s in self._rest)}" if self._rest else ""
            self._tell_stopped(f"stopped; the robot stands{rest}", rest=[s.text for s in self._rest])
        elif outcome.refused:
            choices, answers = getattr(outcome, "choices", ()), getattr(outcome, "answers", ())
            self._refuse(outcome.reason, Clarification(choices=choices, answers=answers))
        else:
            self._tell_end(bool(outcome.success), outcome.reason)
        if not outcome.success and self._stops == stops:  # what was typed after a stop is meant to be done
            self.drop()

    def _tell_end(self, success: bool, reason: str) -> None:
        """What can be said of the instruction: a plan that was completed may leave a part of it undone."""
        if success and self._unverified:
            success, reason = False, self._unverified
        self.failed += not success
        text = "done" if success else f"not achieved{': ' if reason else ''}{reason}; `why`, `again` or `resume`"
        if reason.startswith(NOT_VERIFIED):
            text = reason
        self.say("ended", text, success=success, reason=reason)

    def _refuse(self, reason: str, question: Clarification) -> None:
        self._question = question
        data = {"reason": reason, "choices": list(question.choices)}
        self._tell("question" if question else "refused", str(question) if question else f"refused: {reason}", data)

    def _tell_stopped(self, text: str, **data: Any) -> None:
        with self._telling:
            self._heeded = self._stops
            self.say("stopped", text, **data)

    def _again(self) -> None:
        if self._last_instruction:
            self._submit(self._last_instruction)
        else:
            self.say("hint", "nothing has been done yet")

    def _resume(self) -> None:
        rest, stops = list(self._rest), self._stops
        if not rest:
            self.say("hint", "nothing was left undone")
            return
        self._begin(lambda: self._follow(rest, stops), stops=stops)

    def _undo(self) -> None:
        back: list[Step] = []
        for step in reversed(self._done):
            undone = sayings.inverse(step)
            if undone is None:
                break
            back.append(undone)
        if not back:
            last = f"{self._done[-1].text!r} cannot be undone" if self._done else "nothing to undo"
            self.say("hint", last)
            return
        kept = self._done[: len(self._done) - len(back)]
        if kept:
            self.say("hint", f"these cannot be undone and stay: {', '.join(step.text for step in kept)}")
        self.say("plan", "\n".join(["undoing:", *(f"  {step.text}" for step in back)]))
        stops, self._done = self._stops, list(kept)
        self._begin(lambda: self._follow(back, stops, note=False), stops=stops)

    def _preview(self, draft: Draft) -> None:
        self.doing = (f"simulating {draft.instruction!r}", time.monotonic())
        stops, asked = self._stops, self.draft is not None
        text = self.player.preview([step for step, _ in draft.steps])
        if self._stops == stops:
            self.say("preview", text)
        elif not asked:  # else "cancelled" has been said
            self._tell_stopped("stopped; nothing moved")

    def _show(self, draft: Draft) -> None:
        text = "\n".join(["plan:", *sayings.plan_lines(draft.steps)])
        self.say("plan", text, steps=draft.record(), risk=draft.risk)

    def drop(self) -> bool:
        """Forget the lines that wait; whether any did."""
        dropped = list(self.waiting)
        self.waiting.clear()
        if dropped:
            self.say("dropped", f"dropped {len(dropped)} that waited: {'; '.join(dropped)}", lines=dropped)
        return bool(dropped)

    def _begin(self, work: Callable[[], None], *, stops: int | None = None) -> None:
        """Do `work` in a thread, then what waits; the flag is cleared unless somebody has said stop since `stops`."""
        if stops is not None:
            self.player.stop_requested = False
            if self._stops != stops:
                self.player.stop_requested = True
        self._active = True
        self._work = SideJob(lambda: self._carry(work), "instruction")
        self._work.start()

    def _carry(self, work: Callable[[], None]) -> None:
        self._guarded(work)
        while (line := self._next_line()) is not None:
            text, stops = line
            self.player.stop_requested = False
            if self._stops != stops:  # said stop this moment
                self.player.stop_requested = True
                continue
            self.say("next", f"next: {text}", line=text)
            preview = text.casefold().startswith("preview ")
            body = text.split(" ", 1)[1] if preview else text
            self._guarded(
                lambda body=body, stops=stops, preview=preview: self._instruct(body, stops, preview=preview)
            )

    def _next_line(self) -> tuple[str, int] | None:
        """What waits longest, with the number of stops before it; None, and nothing is going on, where none does."""
        with self._turn:
            stops = self._stops
            try:
                if self._failure is None and self.draft is None:
                    return self.waiting.popleft(), stops
            except IndexError:
                pass  # nothing waits
            self.lately = self.doing[0] or self.lately
            self.doing, self._active = ("", 0.0), False
            return None

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except SkillblendError as error:
            self.failed += 1
            self.say("error", str(error))
            self.drop()
        except BaseException as error:  # raised again where somebody waits
            self._failure = error

    def _beside(self, work: Callable[[], None]) -> None:
        """Answer in a thread of its own: questions may load models, and stop must not wait for that."""
        errand = SideJob(lambda: self._guarded(work), "question")
        self._aside = [other for other in self._aside if other.is_alive()] + [errand]
        errand.start()

    def _stopped(self, stops: int) -> bool:
        return self._stops != stops or self.player.stop_requested

    def _stand(self) -> None:
        """Come to rest, whatever was going on."""
        self.player.stop_requested = False
        self.player.stand()

    def _stand_still(self) -> None:
        if self._helpless():
            return
        self._stand()
        self.say("stopped", "nothing was going on; the robot stands")

    def _helpless(self) -> bool:
        """Whether the robot can do nothing more until a reset; says so."""
        fault, fallen = self.player.fault, self.player.fallen
        if fault:
            self.say("fault", f"the guard stopped the robot: {fault}", fault=fault)
        if fallen:
            self.say("fallen", "the robot lies on the floor")
        if fault or fallen:
            self.say("hint", "type reset")
        return bool(fault or fallen)

    def _reset(self) -> None:
        self._rest, self._done = [], []
        self.doing = ("standing up", time.monotonic())
        self._begin(self._stand_up)

    def _stand_up(self) -> None:
        self.player = self._make()
        self.say("reset", "the robot stands at the start")
