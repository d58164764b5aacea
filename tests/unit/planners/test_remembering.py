"""Planners that remember: what agrees, what is raised and by how much, and what no memory can bring about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from planners.agreement import binding_words
from planners.planner import Query, ScoredPlanner
from planners.remembering import ALIKE, Recollection, RememberingPlanner, proposed
from planners.standins import stands_at  # noqa: F401 - loads the verbs' files, as every planner does
from planners.variants import planner_called
from sim import scenes
from skillblend.contracts import Array, Decision, SceneState, Step
from skillblend.episodes import EpisodeStore
from skillblend.errors import BundleError, InputError
from skillblend.options import ground_options
from skillblend.plan_run import PlanRun
from skillblend.remembered import Remembered, signature_of
from skillblend.safety.heeding import heed

WORKSHOP = scenes.load("workshop").state
OPTIONS = {step.text: step for step in ground_options(WORKSHOP)}
GOAL, OTHER = "walk to the red marker", "walk to the blue marker"


class Fixed:
    """The same shares whatever is asked; what is left goes to all other options alike."""

    def __init__(self, **shares: float) -> None:
        self.shares = {text.replace("_", " "): share for text, share in shares.items()}

    def probabilities(self, query: Query) -> Array:
        rest = (1.0 - sum(self.shares.values())) / (len(query.steps) - len(self.shares))
        return np.array([self.shares.get(text, rest) for text in query.texts])


class Alike:
    """Every two sentences have the cosine that they are said to have."""

    def __init__(self, cosine: float) -> None:
        self.cosine, self.asked = cosine, 0

    def embed(self, texts: Sequence[str]) -> Array:
        self.asked += 1
        found = np.zeros((len(texts), 2))
        found[:] = self.cosine, np.sqrt(1.0 - self.cosine**2)
        found[0] = 1.0, 0.0
        return found


@pytest.fixture
def store(tmp_path: Path) -> EpisodeStore:
    return EpisodeStore(tmp_path / "memory.sqlite")


def entry(request: str, *plan: str, scene: SceneState = WORKSHOP, robot: str = "h1") -> Remembered:
    return Remembered(
        instruction=request, request=request, scene=signature_of(scene), plan=tuple(OPTIONS[text] for text in plan),
        verdicts=("",) * len(plan), robot=robot, judge="a test",
    )  # fmt: skip


def planner(store: EpisodeStore, scorer: Fixed, cosine: float = 0.95) -> RememberingPlanner:
    toy = ScoredPlanner("toy", scorer)
    return RememberingPlanner(toy, store, robot="h1", judge="a test", encoder=Alike(cosine))


def decide(
    who: RememberingPlanner, instruction: str, *done: str, scene: SceneState = WORKSHOP,
    values: Mapping[str, float] | None = None,
) -> Decision:  # fmt: skip
    return who.decide(instruction, scene, [(OPTIONS[text], True) for text in done], values or {})


def test_what_was_carried_out_becomes_likelier_and_the_record_says_so(store: EpisodeStore) -> None:
    number = store.add(entry("go there", GOAL))
    scorer = Fixed(**{OTHER: 0.4, GOAL: 0.2})
    made = decide(planner(store, scorer), "Go there!")
    assert made.chosen.step.text == GOAL and made.remembered == (number,) and made.planner == "toy+memory"
    assert made.chosen.lm_score == pytest.approx(0.2 / 3 + 2 / 3), "trust after one success of one is 2/3"
    assert made.chosen.reason.endswith("remembered: carried out 1 times")
    assert made.reading == ("remembered 'go there' (the same): carried out 1 times",)
    assert sum(option.lm_score for option in made.options) == pytest.approx(1.0)
    assert any(option is made.chosen for option in made.options) and made.options[0] is made.chosen
    alone = heed(ScoredPlanner("toy", scorer)).decide("Go there!", WORKSHOP, [], {})
    assert alone.chosen.step.text == OTHER, "without it the other one wins"


def test_what_is_much_surer_is_done_all_the_same(store: EpisodeStore) -> None:
    store.add(entry("go there", GOAL))
    made = decide(planner(store, Fixed(**{OTHER: 0.99})), "go there", values={GOAL: 0.1, OTHER: 0.9})
    assert made.chosen.step.text == OTHER and made.remembered == ()


@pytest.mark.parametrize(
    ("cosine", "share"),
    [(ALIKE - 0.01, 0.2), ((1 + ALIKE) / 2, 0.2 + 0.8 * 2 / 3 / 2), (1.0, 0.2 + 0.8 * 2 / 3)],
)
def test_the_nearer_the_meaning_the_more_it_weighs(store: EpisodeStore, cosine: float, share: float) -> None:
    store.add(entry("kindly go there", GOAL))
    made = decide(planner(store, Fixed(**{OTHER: 0.4, GOAL: 0.2}), cosine), "go there")
    found = next(option for option in made.options if option.step.text == GOAL)
    assert found.lm_score == pytest.approx(share)


def test_the_same_in_an_equal_scene_comes_first_and_needs_no_encoder(store: EpisodeStore) -> None:
    for _ in range(5):
        store.add(entry("go there", OTHER, scene=replace(WORKSHOP, things=WORKSHOP.things[:-1])))
    number = store.add(entry("go there", GOAL))
    who = planner(store, Fixed(**{"turn left": 0.3}))
    assert decide(who, "go there").remembered == (number,)
    assert isinstance(who._encoder, Alike) and who._encoder.asked == 0


def test_the_plan_is_followed_step_by_step_and_no_further(store: EpisodeStore) -> None:
    store.add(entry("do it", GOAL, "turn left"))
    who = planner(store, Fixed(**{OTHER: 0.4}))
    assert decide(who, "do it").chosen.step.text == GOAL
    assert decide(who, "do it", GOAL).chosen.step.text == "turn left"
    for done in ((OTHER,), (GOAL, "turn left"), (GOAL, OTHER)):
        assert decide(who, "do it", *done).chosen.step.text == OTHER
    failed = who.decide("do it", WORKSHOP, [(OPTIONS[GOAL], False)], {})
    assert failed.chosen.step.text == OTHER and failed.reading == ()


# --- what must agree ---

AGREE = [
    ("walk to the red marker", "please go over to the red marker"),
    ("press the button, then turn left", "press the button and turn left, would you"),
    ("touch the shelf", "I am bored, touch that shelf"),
]
DIFFER = [
    ("turn left, then turn left", "turn left"),
    ("turn left", "turn right"),
    ("walk forward 1 metre", "walk forward 2 metres"),
    ("walk forward one metre", "walk forward two metres"),
    ("touch the shelf", "do not touch the shelf"),
    ("touch the shelf", "don't touch the shelf"),
    ("touch the shelf", "touch anything but the shelf"),
    ("touch the shelf", "never touch the shelf"),
    ("touch the shelf", "press the shelf"),
    ("touch the shelf", "walk to the shelf"),
    ("touch the shelf", "touch the wooden table"),
    ("touch the shelf", "touch the shelf again"),
    ("touch the shelf", "touch the shelf twice"),
    ("walk to the shelf, then press the button", "press the button, then walk to the shelf"),
    ("walk to the shelf before the button", "walk to the shelf after the button"),
    ("press the button", "press the button if the shelf is free"),
    ("visit all the red markers", "visit all the blue markers"),
    ("visit all the tables", "visit all the markers"),
    ("put it where the crimson one is", "put it where the azure one is"),
]


@pytest.mark.parametrize(("one", "other"), AGREE)
def test_what_is_said_otherwise_agrees(one: str, other: str) -> None:
    assert binding_words(one, WORKSHOP.names, WORKSHOP) == binding_words(other, WORKSHOP.names, WORKSHOP) != ()


@pytest.mark.parametrize(("one", "other"), [*DIFFER, *((b, a) for a, b in DIFFER)])
def test_what_asks_for_something_else_is_not_remembered_however_near(
    store: EpisodeStore, one: str, other: str
) -> None:
    store.add(entry(one, GOAL))
    made = decide(planner(store, Fixed(**{OTHER: 0.3}), cosine=1.0), other)
    assert made.remembered == () and made.reading[-1:] != ("remembered",)
    assert not any("remembered" in line for line in made.reading)


def test_counts_that_are_written_out_agree_with_counts(store: EpisodeStore) -> None:
    who = planner(store, Fixed())
    texts = [who.request(text, WORKSHOP).text for text in ("turn left twice", "turn left, then turn left")]
    assert texts[0] == texts[1] != who.request("turn left", WORKSHOP).text
    assert who.request("press the button, but never touch the shelf", WORKSHOP).text == "press the button"


# --- where ---


def test_things_that_are_not_here_or_are_otherwise_are_not_remembered(store: EpisodeStore) -> None:
    store.add(entry("go there", GOAL))
    who = planner(store, Fixed(**{OTHER: 0.4}))
    gone = replace(WORKSHOP, things=tuple(t for t in WORKSHOP.things if t.name != "red marker"))
    changed = replace(
        WORKSHOP, things=tuple(replace(t, kind="table") if t.name == "red marker" else t for t in WORKSHOP.things)
    )
    full = replace(WORKSHOP, facts=frozenset({"held(button)"}))
    little = replace(WORKSHOP, things=tuple(t for t in WORKSHOP.things if "marker" in t.name))
    for scene in (gone, changed, full, little):
        assert not any("remembered" in line for line in decide(who, "go there", scene=scene).reading)
    assert decide(who, "go there").remembered


def test_other_robots_plans_are_not_used_but_those_that_nobody_carried_out(store: EpisodeStore) -> None:
    store.add(entry("go there", GOAL, robot="g1"))
    who = planner(store, Fixed(**{OTHER: 0.4}))
    assert decide(who, "go there").remembered == ()
    number = store.add(entry("go there", GOAL, robot=""))
    assert decide(who, "go there").remembered == (number,)


# --- what no memory can bring about ---


def test_what_is_refused_without_it_is_refused_with_it(store: EpisodeStore) -> None:
    for _ in range(20):
        store.add(entry("go there", GOAL))
    made = decide(planner(store, Fixed(**{"refuse": 0.5, GOAL: 0.4})), "go there")
    assert made.chosen.step.text == "refuse" and made.reading == ()


@pytest.mark.parametrize(
    "instruction",
    ["do not walk to the red marker", "never go there", "go there. never walk to the red marker.",
     "go there, but not to the red marker"],
)  # fmt: skip
def test_what_is_forbidden_is_never_done(store: EpisodeStore, instruction: str) -> None:
    for request in ("go there", "walk to the red marker", instruction):
        store.add(entry(request, GOAL))
    carried = PlanRun(instruction)
    who = planner(store, Fixed(**{OTHER: 0.3, "done": 0.2}), cosine=1.0)
    while not carried.over:
        carried.options(WORKSHOP, None)
        step = carried.take(who.decide(instruction, WORKSHOP, carried.history, {}))
        if step is not None:
            carried.record(step, success=True)
    assert GOAL not in [done.step.text for done in carried.done]
    assert not any(line.startswith("remembered") for made in carried.decisions for line in made.reading)


def test_what_cannot_be_done_from_here_is_not_proposed(store: EpisodeStore) -> None:
    store.add(entry("go there", GOAL))
    made = decide(planner(store, Fixed(**{OTHER: 0.01})), "go there", values={GOAL: 0.0, OTHER: 0.5})
    assert made.chosen.step.text != GOAL and made.reading == ()


def test_what_a_rule_of_the_planner_chose_stays() -> None:
    """As where something is still asked for, which has a smaller product than what was scored highest."""
    made = ScoredPlanner("toy", Fixed(**{OTHER: 0.8, GOAL: 0.1})).decide("go there", WORKSHOP, [], {})
    left = next(option for option in made.options if option.step.text == "turn left")
    kept = Recollection(entry=replace(entry("go there", GOAL), number=1), alike=1.0, weight=0.9, same=True)
    assert proposed(made, [kept], []).chosen.step.text == GOAL
    assert proposed(replace(made, chosen=left), [kept], []).chosen.step.text == "turn left"


def test_at_every_decision_memory_moves_only_where_the_planner_alone_would() -> None:
    """Whatever the shares, the rules and the memory: a refusal stays, and the choice is allowed and has a value."""
    rng = np.random.default_rng(0)
    steps = [OPTIONS[text] for text in (GOAL, OTHER, "turn left", "done", "refuse")]
    for _ in range(300):
        shares, values = rng.dirichlet(np.ones(5)), rng.random(5) * (rng.random(5) > 0.3)
        made = heed(ScoredPlanner("toy", Among(dict(zip(steps, shares, strict=True))))).decide(
            "go there" if rng.random() < 0.7 else "go there, but never turn left", WORKSHOP, [],
            {s.text: float(v) for s, v in zip(steps[:3], values, strict=False)},
        )  # fmt: skip
        wanted = steps[int(rng.integers(3))]
        kept = replace(entry("go there", GOAL), plan=(wanted,), number=1)
        one = Recollection(entry=kept, alike=1.0, weight=float(rng.random()), same=True)
        found = proposed(made, [one], [])
        assert found.chosen.step in (made.chosen.step, wanted)
        assert (found.chosen.step.text == "refuse") == (made.chosen.step.text == "refuse")
        assert found.chosen.step == made.chosen.step or (found.chosen.allowed and found.chosen.affordance > 0.0)
        assert sum(o.lm_score for o in found.options) == pytest.approx(sum(o.lm_score for o in made.options))


class Among:
    """Shares of some options, nothing for the others."""

    def __init__(self, shares: dict[Step, float]) -> None:
        self.shares = shares

    def probabilities(self, query: Query) -> Array:
        return np.array([self.shares.get(step, 0.0) for step in query.steps])


# --- what is kept ---


def learnt(who: RememberingPlanner, made: Decision, *, success: bool = True, text: str = "") -> str:
    steps = [{"text": text or made.chosen.step.text, "success": success, "reason": "measured"}]
    return who.learn(made.instruction, WORKSHOP, steps, [made], success=success)


def test_only_what_succeeded_as_it_was_decided_is_kept(store: EpisodeStore) -> None:
    who = planner(store, Fixed(**{GOAL: 0.9}))
    made = decide(who, "Go there, please!")
    assert learnt(who, made, success=False) == learnt(who, made, text=OTHER) == "" and not store.episodes()
    assert learnt(who, made) == ""
    (found,) = store.episodes()
    assert found.instruction == "Go there, please!" and found.request == "go there, please"
    assert [step.text for step in found.plan] == [GOAL] and found.verdicts == ("measured",)
    assert (found.robot, found.judge, found.scene) == ("h1", "a test", signature_of(WORKSHOP))
    twice = [{"text": GOAL, "success": ok, "reason": ""} for ok in (False, True)]
    assert who.learn("again", WORKSHOP, twice, [made, made], success=True) == ""
    assert len(store.episodes()) == 1, "one that took two tries is no model"


def test_how_its_use_ends_is_counted(store: EpisodeStore) -> None:
    who = planner(store, Fixed(**{GOAL: 0.5}))
    store.add(entry("go there", GOAL))
    for success in (True, False, False):
        assert learnt(who, decide(who, "go there"), success=success) == ""
    (found,) = store.episodes()
    assert (found.carried_out, found.successes, found.failures) == (1, 1, 2)
    learnt(who, decide(who, "go there"), text=OTHER)
    assert store.episodes()[0].uses == 3, "somebody changed the plan"


def test_what_was_not_meant_is_dropped_and_its_use_has_failed(store: EpisodeStore) -> None:
    who = planner(store, Fixed(**{GOAL: 0.5}))
    number = store.add(entry("go there", GOAL))
    assert learnt(who, decide(who, "kindly go there")) == ""
    assert len(store.episodes()) == 2 and store.episodes()[0].successes == 1
    who.mistaken("something else")
    assert len(store.episodes()) == 2, "that was not the latest"
    for failures in (0, 1):  # its own entry was used the first time, the other one the second time
        assert learnt(who, decide(who, "kindly go there")) == ""
        who.mistaken("kindly go there")
        who.mistaken("kindly go there")
        (found,) = store.episodes()
        assert found.number == number and found.failures == failures


def test_what_cannot_be_kept_is_said_and_nothing_ends(store: EpisodeStore) -> None:
    who = planner(store, Fixed(**{GOAL: 0.9}))
    made = decide(who, "go there")
    store.path.write_bytes(b"not a database at all" * 200)
    assert learnt(who, made).startswith("not kept: ")
    assert decide(who, "go there").chosen.step.text == GOAL
    assert "cannot be used" in who.lines()[0] and "cannot be used" in who.forget(1)


def test_lists_and_forgets(store: EpisodeStore) -> None:
    who = planner(store, Fixed(**{OTHER: 0.4}))
    number = store.add(entry("go there", GOAL))
    assert who.lines() == [f"  {number}. 'go there': {GOAL} (carried out 1 times, used well 0 of 0)"]
    assert decide(who, "go there").remembered == (number,)
    assert who.forget(number) == f"forgotten: episode {number}"
    assert decide(who, "go there").remembered == () and who.lines() == []
    assert who.forget(number) == f"there is no episode {number}; `memory` lists them"


def test_without_an_encoder_only_the_same_is_remembered(
    store: EpisodeStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def missing() -> None:
        raise BundleError("not installed")

    monkeypatch.setattr("planners.retrieval.SentenceEncoder", missing)
    who = planner(store, Fixed(**{OTHER: 0.3}))
    who._encoder = None
    store.add(entry("go there", GOAL))
    assert decide(who, "go there please").remembered == () and "only the same" in caplog.text
    assert decide(who, "go there").remembered


def test_its_name_alone_is_no_planner() -> None:
    with pytest.raises(InputError, match="give 'saycan', and the memory with --memory"):
        planner_called("saycan+memory")
