# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportOptionalIterable=false
# pyright: reportOperatorIssue=false, reportCallIssue=false
from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch as th
from safetensors.numpy import load_file, save

from skillblend.bundle import write_bundle
from skillblend.errors import BundleError, InputError
from skillblend.files import locked
from skillblend.training.checkpoint import Keeper, read_meta
from skillblend.training.export import bundle_tensors
from skillblend.training.loop import LoopConfig, calm, load_checkpoint, save_checkpoint, train
from skillblend.training.ppo import LeanPPO, PPOConfig, _divergence
from skillblend.training.toy import ToyEnv
from skillblend.training.vec_env import SB3VecEnv

CONFIG = PPOConfig(
    rollout_steps=16, batch_size=256, epochs=4, actor=(32,), critic=(32,), learning_rate=3e-3, gamma=0.9
)


def make_model(config: PPOConfig = CONFIG, n: int = 32, seed: int = 0, threads: int = 1) -> LeanPPO:
    env = ToyEnv(n, seed=seed)
    return LeanPPO(SB3VecEnv(env), config, actor_size=env.task.actor_size, seed=seed, threads=threads)


def weights(model: LeanPPO) -> dict[str, th.Tensor]:
    return {k: v.clone() for k, v in model.policy.state_dict().items()}


def mean_action(model: LeanPPO, observations: np.ndarray) -> np.ndarray:
    return model.predict(observations.astype(np.float32), deterministic=True)[0]


@pytest.fixture
def observations(rng: np.random.Generator) -> np.ndarray:
    return rng.uniform(-1, 1, (200, 3))


def test_it_learns_a_trivial_task(observations: np.ndarray) -> None:
    model = make_model()
    wanted = observations[:, :2]
    before = ((mean_action(model, observations) - wanted) ** 2).sum(axis=1).mean()
    model.learn(40 * 16 * 32)
    after = ((mean_action(model, observations) - wanted) ** 2).sum(axis=1).mean()
    assert before == pytest.approx(2 / 3, rel=0.2)  # the variance of the numbers: it answers nothing yet
    assert after < 0.03


def test_nothing_is_left_where_temporary_files_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    make_model().learn(16 * 32)
    assert list(tmp_path.iterdir()) == []


def test_the_critic_learns_what_only_it_can_see() -> None:
    """Near the end of an episode little reward is left; the third column alone says so."""
    model = make_model(replace(CONFIG, gamma=0.5))
    model.learn(40 * 16 * 32)
    early, late = (th.tensor([[0.0, 0.0, left]]) for left in (1.0, 0.25))
    with th.no_grad():
        assert model.policy.predict_values(early) > model.policy.predict_values(late) + 0.2


def test_privileged_columns_do_not_reach_the_actor(observations: np.ndarray) -> None:
    model = make_model()
    model.learn(2 * 16 * 32)
    changed = observations.copy()
    changed[:, 2] += 5.0
    assert np.array_equal(mean_action(model, observations), mean_action(model, changed))
    values = [model.policy.predict_values(th.tensor(o, dtype=th.float32)) for o in (observations, changed)]
    assert (values[0] != values[1]).all()


def test_no_gradient_of_the_action_reaches_privileged_columns() -> None:
    model = make_model()
    seen = th.randn(4, 3, requires_grad=True)
    actions, _, _ = model.policy(seen, deterministic=True)
    actions.sum().backward()
    assert seen.grad is not None
    assert seen.grad[:, 2].abs().max() == 0.0 and seen.grad[:, :2].abs().min() > 0.0


def test_truncated_episodes_are_bootstrapped_from_the_terminal_observation(monkeypatch: pytest.MonkeyPatch) -> None:
    """SB3 adds gamma x V(terminal observation) to the reward of a truncated step, and of no other."""
    model = make_model(replace(CONFIG, rollout_steps=8), n=32)
    monkeypatch.setattr(model, "train", lambda: None)
    outcomes = []
    vec: Any = model.env
    step = vec.env.step
    monkeypatch.setattr(vec.env, "step", lambda action: outcomes.append(step(action)) or outcomes[-1])
    model.learn(8 * 32)
    reward = np.array([o.reward for o in outcomes])
    truncated = np.array([o.truncated for o in outcomes])
    assert truncated[7].all() and not truncated[:7].any()
    final = th.tensor(outcomes[7].final_observation, dtype=th.float32)
    with th.no_grad():
        beyond = model.policy.predict_values(final).numpy()[:, 0]
    expected = reward + 0.9 * truncated * beyond
    assert model.rollout_buffer.rewards == pytest.approx(expected, abs=1e-5)


def test_the_learning_rate_follows_the_divergence() -> None:
    config = replace(CONFIG, learning_rate_range=(1e-4, 1e-2))
    model = make_model(config)
    mean, log_std = th.zeros(8, 2), th.zeros(2)
    near, far = (_divergence(mean + shift, log_std, mean, log_std) for shift in (0.0, 1.0))
    assert near == pytest.approx(0.0)
    assert far == pytest.approx(1.0)  # two dimensions, half a squared standard deviation each
    model._adapt_rate(near)
    assert model.rate == pytest.approx(4.5e-3)  # no divergence: faster
    model._adapt_rate(far)
    assert model.rate == pytest.approx(3e-3)
    assert model.policy.optimizer.param_groups[0]["lr"] == pytest.approx(3e-3)
    for _ in range(20):
        model._adapt_rate(far)
    assert model.rate == 1e-4


def test_steps_shrink_towards_the_end_of_a_run() -> None:
    assert [calm(spent) for spent in (0.0, 0.6, 0.8, 1.0, 2.0)] == pytest.approx([1.0, 1.0, 0.5, 0.05, 0.05])
    model = make_model()
    model.calm = 0.1
    model._adapt_rate(0.01)  # what is desired otherwise is ten times too much now
    assert model.rate == pytest.approx(2e-3)


def test_a_rollout_smaller_than_a_minibatch_is_refused() -> None:
    with pytest.raises(InputError, match=r"rollout of 64 samples .* batch_size = 256"):
        make_model(n=4)


def test_what_is_learned_does_not_depend_on_the_number_of_threads() -> None:
    one, two = make_model(threads=1), make_model(threads=2)
    for model in (one, two):
        model.set_random_seed(3)
        model.learn(3 * 16 * 32)
    assert all(th.equal(a, b) for a, b in zip(weights(one).values(), weights(two).values(), strict=True))


def test_the_shares_of_a_minibatch_make_its_gradient() -> None:
    model = make_model()
    model.learn(16 * 32)
    data = model._tensors()
    data["mean"] = model._in_shares(model._mean, data["observations"])
    index, log_std = th.arange(256), model.policy.log_std.detach().clone()
    whole = model._gradients(data, index, log_std, False).gradient
    a, b = (model._gradients(data, part, log_std, False).gradient for part in index.chunk(2))
    assert th.allclose(whole, (a + b) / 2, atol=1e-6)


def test_rollouts_are_those_of_sb3(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a rollout holds is what SB3 makes of the same actions."""
    for threads in (1, 2):
        model = make_model(threads=threads)
        monkeypatch.setattr(model, "train", lambda: None)
        model.learn(16 * 32)
        buffer = model.rollout_buffer
        states = th.as_tensor(buffer.observations).reshape(-1, 3)
        actions = th.as_tensor(buffer.actions).reshape(-1, 2)
        with th.no_grad():
            values, log_prob, _ = model.policy.evaluate_actions(states, actions)
        assert buffer.values.ravel() == pytest.approx(values.numpy().ravel(), abs=1e-5)
        assert buffer.log_probs.ravel() == pytest.approx(log_prob.numpy(), abs=1e-4)
        # Episodes of the toy last eight steps, unless an action is far off: their numbers stay the same meanwhile.
        going_on = buffer.episode_starts[1:] == 0.0
        same = (buffer.observations[1:, :, :2] == buffer.observations[:-1, :, :2]).all(axis=2)
        assert (same == going_on).all() and (buffer.episode_starts[0] == 1.0).all()
        error = ((buffer.actions - buffer.observations[:, :, :2]) ** 2).sum(axis=2)
        ended = np.concatenate([buffer.episode_starts[1:], np.asarray(model._last_episode_starts)[None]]).astype(bool)
        plain = buffer.observations[:, :, 2] - error
        assert buffer.rewards[~ended] == pytest.approx(plain[~ended], abs=1e-4)


def test_a_callback_ends_a_rollout_in_the_middle() -> None:
    model = make_model(threads=2)
    before = weights(model)
    model.learn(10 * 16 * 32, callback=lambda *_: model.num_timesteps < 5 * 32)
    assert model.num_timesteps == 5 * 32
    assert all(th.equal(values, before[name]) for name, values in weights(model).items())
    model.learn(16 * 32, reset_num_timesteps=False)
    assert any(not th.equal(values, before[name]) for name, values in weights(model).items())


def test_same_seed_same_weights() -> None:
    a, b = make_model(), make_model()
    for model in (a, b):
        model.set_random_seed(3)
        model.learn(2 * 16 * 32)
    assert all(th.equal(x, y) for x, y in zip(weights(a).values(), weights(b).values(), strict=True))


def test_checkpoints_hold_everything_an_update_needs(tmp_path: Path) -> None:
    """An update after loading is the update that would have been made without."""
    saved = make_model()
    saved.learn(2 * 16 * 32)
    save_checkpoint(saved, tmp_path, 1024, 0.5)
    loaded = make_model(seed=1)
    assert load_checkpoint(loaded, tmp_path) == (1024, 0.5)
    assert loaded.rate == saved.rate
    loaded.rollout_buffer = saved.rollout_buffer
    for model in (saved, loaded):
        th.manual_seed(0)
        model.train()
    assert all(th.equal(x, y) for x, y in zip(weights(saved).values(), weights(loaded).values(), strict=True))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["checkpoint.json", "checkpoint.safetensors"]


def test_training_stops_at_its_step_budget_and_resumes(tmp_path: Path) -> None:
    per_iteration = 16 * 32
    rows: list[dict[str, float]] = []
    first = train(
        ToyEnv(32), CONFIG, LoopConfig(minutes=1.0, max_steps=3 * per_iteration, log_iterations=1),
        seed=0, folder=tmp_path, progress=rows.append,
    )  # fmt: skip
    assert first.steps == 3 * per_iteration
    assert [row["steps"] for row in rows] == [per_iteration, 2 * per_iteration, 3 * per_iteration]
    assert {"length", "r.error", "kl", "value_loss", "std", "steps_per_second"} <= set(rows[-1])
    second = train(
        ToyEnv(32), CONFIG, LoopConfig(minutes=1.0, max_steps=5 * per_iteration), seed=1, folder=tmp_path, resume=True
    )
    assert second.steps == 5 * per_iteration
    assert second.minutes > first.minutes
    spent = train(
        ToyEnv(32), CONFIG, LoopConfig(minutes=1.0, max_steps=5 * per_iteration), seed=1, folder=tmp_path, resume=True
    )
    assert spent.steps == 5 * per_iteration
    assert len((tmp_path / "progress.jsonl").read_text().splitlines()) == 3


def test_training_stops_at_its_time_budget(tmp_path: Path) -> None:
    """A rollout that is cut short teaches nothing: its steps do not count."""
    result = train(ToyEnv(32), CONFIG, LoopConfig(minutes=1e-6), seed=0, folder=tmp_path)
    assert result.steps == 0
    result = train(ToyEnv(32), CONFIG, LoopConfig(minutes=0.005), seed=0, folder=tmp_path)
    assert result.steps > 0 and result.steps % 512 == 0


def test_fine_tuning_starts_from_the_weights_alone(tmp_path: Path) -> None:
    model = make_model()
    model.learn(16 * 32)
    save_checkpoint(model, tmp_path / "old", 512, 1.0)
    result = train(
        ToyEnv(32), CONFIG, LoopConfig(minutes=1e-6), seed=9, folder=tmp_path / "new", initial=tmp_path / "old"
    )
    assert result.steps == 0 and result.minutes < 1.0
    old, new = weights(model), weights(result.model)
    assert all(th.equal(old[k], new[k]) for k in old if k != "log_std")


def test_fine_tuning_starts_from_a_bundle(tmp_path: Path) -> None:
    model = make_model()
    model.learn(16 * 32)
    save_checkpoint(model, tmp_path / "old", 512, 1.0)
    write_bundle(tmp_path / "bundle", bundle_tensors(tmp_path / "old"), {"skill": "toy"})
    result = train(
        ToyEnv(32), CONFIG, LoopConfig(minutes=1e-6), seed=9, folder=tmp_path / "new", initial=tmp_path / "bundle"
    )
    old, new = weights(model), weights(result.model)
    assert all(th.equal(old[k], new[k]) for k in old if k != "log_std")


def test_a_tampered_bundle_is_no_start(tmp_path: Path) -> None:
    model = make_model()
    save_checkpoint(model, tmp_path / "old", 0, 0.0)
    write_bundle(tmp_path / "bundle", bundle_tensors(tmp_path / "old"), {"skill": "toy"})
    blob = bytearray((tmp_path / "bundle" / "policy.safetensors").read_bytes())
    blob[-1] ^= 1
    (tmp_path / "bundle" / "policy.safetensors").write_bytes(bytes(blob))
    with pytest.raises(BundleError, match="SHA-256"):
        train(
            ToyEnv(32), CONFIG, LoopConfig(minutes=1e-6), seed=9, folder=tmp_path / "new",
            initial=tmp_path / "bundle",
        )  # fmt: skip


@pytest.mark.parametrize("options", [{"minutes": 0.0}, {"minutes": -1.0}, {"minutes": 1.0, "max_steps": -1}])
def test_budgets_that_cannot_be_spent_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        LoopConfig(**options)


def damage_missing(folder: Path) -> None:
    (folder / "checkpoint.safetensors").unlink()


def damage_truncated(folder: Path) -> None:
    path = folder / "checkpoint.safetensors"
    path.write_bytes(path.read_bytes()[:-100])


def damage_garbage(folder: Path) -> None:
    (folder / "checkpoint.safetensors").write_bytes(b"\x80\x04 not tensors")


def rewrite_header(folder: Path, meta: str) -> None:
    path = folder / "checkpoint.safetensors"
    path.write_bytes(save(load_file(path), metadata={"meta": meta}))


def damage_json(folder: Path) -> None:
    rewrite_header(folder, "{")


def damage_counters(folder: Path) -> None:
    meta = json.loads((folder / "checkpoint.json").read_text())
    del meta["rate"]
    rewrite_header(folder, json.dumps(meta))


def damage_types(folder: Path) -> None:
    rewrite_header(folder, '{"rate": [], "steps": null, "minutes": "x"}')


@pytest.mark.parametrize(
    "damage", [damage_missing, damage_truncated, damage_garbage, damage_json, damage_counters, damage_types]
)
def test_unusable_checkpoints_are_named(tmp_path: Path, damage: Any) -> None:
    save_checkpoint(make_model(), tmp_path, 0, 0.0)
    damage(tmp_path)
    with pytest.raises(BundleError, match=r"checkpoint in .* cannot be used"):
        load_checkpoint(make_model(), tmp_path)


def test_a_checkpoint_of_other_sizes_is_refused(tmp_path: Path) -> None:
    save_checkpoint(make_model(), tmp_path, 0, 0.0)
    with pytest.raises(BundleError, match="size mismatch"):
        load_checkpoint(make_model(replace(CONFIG, actor=(16,))), tmp_path)


def test_resuming_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="without --resume"):
        train(ToyEnv(32), CONFIG, LoopConfig(minutes=1.0), seed=0, folder=tmp_path, resume=True)


def test_training_outlives_its_reader_and_a_disk_that_is_full_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    write, calls = Keeper.write, []

    def full_for_a_while(keeper: Keeper) -> int:
        calls.append(keeper.steps)
        if 1 < len(calls) < 4:
            raise InputError("cannot write checkpoint.safetensors: No space left on device")
        return write(keeper)

    def nobody(row: dict[str, float]) -> None:
        raise BrokenPipeError

    monkeypatch.setattr(Keeper, "write", full_for_a_while)
    loop = LoopConfig(minutes=1.0, max_steps=6 * 512, checkpoint_minutes=1e-9, log_iterations=1)
    result = train(ToyEnv(32), CONFIG, loop, seed=0, folder=tmp_path, progress=nobody)
    assert result.steps == read_meta(tmp_path)["steps"] == 6 * 512
    assert "no checkpoint: " in caplog.text and "training goes on" in caplog.text


def test_a_run_is_not_overwritten(tmp_path: Path) -> None:
    loop = LoopConfig(minutes=1.0, max_steps=512)
    train(ToyEnv(32), CONFIG, loop, seed=0, folder=tmp_path)
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    with pytest.raises(InputError, match=r"holds an earlier run: 512 steps; go on with it: --resume"):
        train(ToyEnv(32), CONFIG, loop, seed=0, folder=tmp_path)
    assert {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()} == before


def test_a_run_goes_on_as_itself_alone(tmp_path: Path) -> None:
    loop = LoopConfig(minutes=1.0, max_steps=512)
    about = {"job": {"seed": 0, "minutes": 1.0, "initial": "before"}, "stages": [{"steps": 7}]}
    train(ToyEnv(32), CONFIG, loop, seed=0, folder=tmp_path, about=about)
    with pytest.raises(InputError, match=r"job\.seed = 0, not 1; go on with its own values"):
        train(ToyEnv(32), CONFIG, loop, seed=1, folder=tmp_path, resume=True, about={"job": {"seed": 1}})
    longer = replace(loop, max_steps=1024)
    now = {"job": {"seed": 0, "minutes": 2.0, "initial": None}, "stages": []}
    train(ToyEnv(32), CONFIG, longer, seed=0, folder=tmp_path, resume=True, about=now)
    kept = read_meta(tmp_path)
    assert kept["about"] == {"job": {"seed": 0, "minutes": 2.0, "initial": "before"}, "stages": [{"steps": 7}]}


def test_networks_alone_are_no_run(tmp_path: Path) -> None:
    model = make_model()
    save_checkpoint(model, tmp_path, 512, 1.0)
    with pytest.raises(BundleError, match=r"holds the networks alone.*--initial"):
        train(ToyEnv(32), CONFIG, LoopConfig(minutes=1.0), seed=0, folder=tmp_path, resume=True)


def test_two_processes_do_not_train_in_one_folder(tmp_path: Path) -> None:
    with locked(tmp_path), pytest.raises(InputError, match="is being written to by"):
        train(ToyEnv(32), CONFIG, LoopConfig(minutes=1.0), seed=0, folder=tmp_path)
