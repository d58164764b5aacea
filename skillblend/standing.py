"""Standing instructions: what holds over all that follow, until somebody says "forget that".

"never touch the metal table", "always close the cabinet afterwards", "from now on ...". What is never to be done goes
to the planner with every instruction, where the rule for prohibitions (`skillblend.safety.prohibitions`) reads it;
what is always to be done afterwards is an instruction of its own, behind each one that was carried out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from skillblend.contracts import Decision, Thing
from skillblend.safety.prohibitions import RULE, read

MOST = 8
"""Standing instructions that are kept."""

_FROM_NOW = re.compile(r"^(?:from (?:now|here|this point|today) on(?:wards?)?|in (?:the )?future|henceforth)[, ]+")
_NEVER = re.compile(r"^(?:please )?(?:never|do not ever|don't ever|always avoid|under no circumstances) ")
_AFTER = re.compile(
    r"^(?:(?:please )?always (?P<a>.+?),?|(?P<b>.+?),?) (?:afterwards?|"
    r"after (?:that|(?:each|every) (?:task|one|step|instruction))|"
    r"when (?:you are|you're) (?:done|finished|ready)|at the end|in the end)$"
)
_FORGET = re.compile(
    r"^(?:please )?(?:forget|drop|lift|undo) (?:(?P<that>that|this|it|the last (?:one|rule))|(?P<all>all(?: (?:of )?"
    r"(?:them|that|the rules|rules))?|everything|the rules)|(?:the )?rule (?P<number>\d+)|"
    r"(?:the rule|that|the one) (?:about|with|of) (?P<about>.+))$"
)


@dataclass(frozen=True, kw_only=True)
class StandingRule:
    """One standing instruction.

    Attributes:
        text: As it is shown.
        never: What goes to the planner with every instruction; "" where it is no prohibition.
        after: What is done behind every instruction; "" where nothing is.
    """

    text: str
    never: str = ""
    after: str = ""


class StandingRules:
    """What holds.

    Attributes:
        rules: In the order in which they were said.
    """

    def __init__(self) -> None:
        self.rules: list[StandingRule] = []

    def hear(self, line: str, things: Sequence[Thing]) -> str | None:
        """Take in a line that is a standing instruction or takes one back; the answer to it, None for other lines."""
        text = " ".join(line.split()).strip(" .!").casefold()
        if found := _FORGET.match(text):
            return self._forget(found)
        rule = rule_of(text)
        if rule is None:
            return None
        if any(rule.text == other.text for other in self.rules):
            return f"that holds already: {rule.text}"
        if len(self.rules) >= MOST:
            return f"{MOST} rules hold already; `forget rule N` takes one back first"
        if why := self._contradicts(rule, things):
            return f"not taken: {why}"
        self.rules.append(rule)
        return f"from now on: {rule.text}; `rules` lists them, `forget that` takes it back"

    def apply(self, instruction: str) -> str:
        """`instruction` with what is never to be done."""
        bans = [f"{rule.never}." for rule in self.rules if rule.never]
        return " ".join([f"{instruction.rstrip(' .')}.", *bans]) if bans else instruction

    def conflict(self, instruction: str, things: Sequence[Thing]) -> str:
        """Which rule an instruction asks to break, by the names of its steps; "" for none that can be seen so."""
        asked = f" {' '.join(re.findall(r'[a-z0-9]+', instruction.casefold()))} "
        for rule in self.rules:
            for ban in read(rule.never, things).prohibitions if rule.never else ():
                for step in sorted(ban.steps):
                    if f" {step} " in asked and f" never {step} " not in asked and f" not {step} " not in asked:
                        return f"{step!r} is against your rule {rule.text!r}; `forget that` takes a rule back"
        return ""

    def held_back(self, decision: Decision) -> str:
        """Which rule kept `decision` from the step that was asked for; "" for none."""
        wanted = max(decision.options, key=lambda option: option.lm_score)
        why = self.named(wanted.reason)
        return f"{wanted.step.text!r}: {why}" if not wanted.allowed and why != wanted.reason else ""

    def named(self, reason: str) -> str:
        """`reason` for a refusal, with the rules that may be behind it."""
        if "; your rule '" in reason:
            return reason
        bans = [repr(rule.text) for rule in self.rules if rule.never and rule.never in reason]
        return f"{reason}; your rule {', '.join(bans)} holds" if bans and RULE in reason else reason

    def after(self) -> list[str]:
        """What is done behind every instruction."""
        return [rule.after for rule in self.rules if rule.after]

    def lines(self) -> list[str]:
        """All, numbered."""
        return [f"  {number}. {rule.text}" for number, rule in enumerate(self.rules, start=1)]

    def _contradicts(self, rule: StandingRule, things: Sequence[Thing]) -> str:
        """Why `rule` cannot hold beside the others: one asks for what another forbids."""
        if rule.after:
            return self.conflict(rule.after, things)
        alone = StandingRules()
        alone.rules = [rule]
        return next((why for text in self.after() if (why := alone.conflict(text, things))), "")

    def _forget(self, found: re.Match[str]) -> str:
        if not self.rules:
            return "no rule holds"
        if found["all"]:
            gone, self.rules = self.rules, []
        elif found["about"]:
            words = set(found["about"].split()) - {"the", "a"}
            gone = [rule for rule in self.rules if words <= set(re.findall(r"[a-z0-9]+", rule.text))]
        else:
            at = int(found["number"]) if found["number"] else len(self.rules)
            gone = self.rules[at - 1 : at] if at else []
        if not gone:
            return "there is no such rule; `rules` lists them"
        self.rules = [rule for rule in self.rules if rule not in gone]
        return "forgotten: " + "; ".join(rule.text for rule in gone)


def rule_of(text: str) -> StandingRule | None:
    """The standing instruction that a line in lower case is; None where it holds for itself alone.

    >>> rule_of("always close the cabinet afterwards").after
    'close the cabinet'
    """
    body = _FROM_NOW.sub("", text)
    lasting = body != text
    if _NEVER.match(body) or (lasting and re.match(r"(?:please )?(?:do not|don't|avoid|stay away|keep) ", body)):
        what = _NEVER.sub("", body)
        never = f"never {what}" if what != body else body.removeprefix("please ")
        return StandingRule(text=never, never=never)
    after = _AFTER.match(body)
    if after and (after["a"] or lasting):
        what = after["a"] or after["b"].removeprefix("always ")
        return StandingRule(text=f"always {what} afterwards", after=what)
    return None
