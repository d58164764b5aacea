"""The network beside a hand-computed one, and what it refuses."""

from __future__ import annotations

from math import exp

import numpy as np
import pytest

from skillblend.errors import BundleError, ShapeError
from skillblend.policy import Float32, Mlp

TENSORS: dict[str, Float32] = {
    "actor.0.weight": np.array([[1.0, -1.0], [0.5, 0.0]], dtype=np.float32),
    "actor.0.bias": np.array([0.25, -1.5], dtype=np.float32),
    "actor.1.weight": np.array([[2.0, -3.0]], dtype=np.float32),
    "actor.1.bias": np.array([0.5], dtype=np.float32),
}


def random_net(rng: np.random.Generator, sizes: tuple[int, ...]) -> Mlp:
    return Mlp(
        [
            (
                rng.normal(size=(o, i)).astype(np.float32) / np.sqrt(np.float32(i)),
                rng.normal(size=o).astype(np.float32),
            )
            for i, o in zip(sizes[:-1], sizes[1:], strict=True)
        ]
    )


@pytest.mark.parametrize("precise", [True, False])
def test_elu_between_layers_and_none_at_the_end(precise: bool) -> None:
    net = Mlp.from_tensors(TENSORS, "actor")
    net = net if precise else net.fast()
    # Hidden units before ELU: (-0.75, -1.0), then (2.25, 0.0).
    found = net(np.array([[1.0, 2.0], [3.0, 1.0]]))
    expected = [[2 * (exp(-0.75) - 1) - 3 * (exp(-1.0) - 1) + 0.5], [2 * 2.25 + 0.5]]
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert found.dtype == np.float64


def test_one_layer_is_affine() -> None:
    net = Mlp([(np.array([[1.0, 2.0], [-3.0, 0.5]], np.float32), np.array([-10.0, 1.0], np.float32))])
    np.testing.assert_array_equal(net(np.array([[1.0, 2.0]])), [[-5.0, -1.0]])
    assert (net.input_size, net.output_size) == (2, 2)


def test_a_row_does_not_depend_on_the_rows_beside_it(rng: np.random.Generator) -> None:
    net = random_net(rng, (64, 128, 128, 8))
    x = rng.normal(size=(257, 64))
    whole = net(x)
    for size in (1, 7, 64):
        for start in (0, 100, 190):
            np.testing.assert_array_equal(net(x[start : start + size]), whole[start : start + size])


def test_fast_agrees_to_single_precision(rng: np.random.Generator) -> None:
    net = random_net(rng, (32, 64, 4))
    x = rng.normal(size=(16, 32))
    np.testing.assert_allclose(net.fast()(x), net(x), rtol=1e-4, atol=1e-5)


def test_large_inputs_do_not_overflow() -> None:
    net = Mlp.from_tensors(TENSORS, "actor")
    with np.errstate(all="raise"):
        found = net(np.array([[1e4, 0.0], [-1e4, 0.0]]))
    np.testing.assert_allclose(found[:, 0], [2 * 10000.25 - 3 * 4998.5 + 0.5, -2 + 3 + 0.5], rtol=1e-6)


def test_no_rows_give_no_rows() -> None:
    assert Mlp.from_tensors(TENSORS, "actor")(np.zeros((0, 2))).shape == (0, 1)


@pytest.mark.parametrize("shape", [(2,), (1, 3), (3, 1), (1, 1, 2)])
def test_wrong_shapes_are_named(shape: tuple[int, ...]) -> None:
    net = Mlp.from_tensors(TENSORS, "actor")
    with pytest.raises(ShapeError, match=r"must be \(N, 2\)") as caught:
        net(np.zeros(shape))
    assert str(shape) in str(caught.value)


def test_layers_are_read_in_order_and_by_prefix() -> None:
    both = {**TENSORS, "critic.0.weight": np.ones((3, 5), np.float32), "critic.0.bias": np.zeros(3, np.float32)}
    critic = Mlp.from_tensors(both, "critic")
    assert (critic.input_size, critic.output_size) == (5, 3)
    np.testing.assert_array_equal(critic(np.ones((1, 5))), [[5.0, 5.0, 5.0]])


def test_no_layers_of_that_name() -> None:
    with pytest.raises(BundleError, match=r"no layers called critic\.\*; found \['actor\.0\.bias'"):
        Mlp.from_tensors(TENSORS, "critic")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("actor.1.bias", None),
        ("actor.1.bias", np.zeros(2, np.float32)),
        ("actor.1.bias", np.zeros((1, 1), np.float32)),
        ("actor.1.weight", np.zeros(2, np.float32)),
    ],
)
def test_incomplete_layers(name: str, value: Float32 | None) -> None:
    tensors = {k: v for k, v in TENSORS.items() if k != name}
    if value is not None:
        tensors[name] = value
    with pytest.raises(BundleError, match=r"layer actor\.1 is incomplete"):
        Mlp.from_tensors(tensors, "actor")


def test_layers_that_do_not_chain() -> None:
    tensors = {**TENSORS, "actor.1.weight": np.zeros((1, 3), np.float32)}
    with pytest.raises(BundleError, match=r"layer actor\.1 takes 3 inputs, the one before gives 2"):
        Mlp.from_tensors(tensors, "actor")
