"""Frozen networks, evaluated with NumPy: the same code serves 256 simulated robots and one real one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from skillblend.contracts import Array
from skillblend.errors import BundleError, ShapeError

Float32 = npt.NDArray[np.float32]

ACTIVATION = "elu"
"""Between the layers of every network here; bundles name it, so that nobody has to read code to run them."""


class Mlp:
    """A multilayer perceptron with ELU between layers.

    With `precise`, sums run in float64 and are rounded to float32 at the end, so that a row's result does
    not depend on how many rows are evaluated with it; without, everything runs in float32 at twice the
    speed, for training on top of frozen networks.
    """

    def __init__(self, layers: list[tuple[Float32, Float32]], *, precise: bool = True) -> None:
        """`layers` are (weight (out, in), bias (out,)) in order."""
        self._sources = layers
        self._type = np.float64 if precise else np.float32
        self._layers = [(w.astype(self._type).T.copy(), b.astype(self._type)) for w, b in layers]
        self.input_size = layers[0][0].shape[1]
        self.output_size = layers[-1][0].shape[0]

    def __call__(self, x: Array) -> Array:
        """Evaluate rows (N, input_size) -> (N, output_size).

        Raises:
            ShapeError: Wrong number of columns.
        """
        if x.ndim != 2 or x.shape[1] != self.input_size:
            raise ShapeError(f"network input {x.shape} must be (N, {self.input_size})")
        h = x.astype(np.float32).astype(self._type)
        last = len(self._layers) - 1
        for index, (weight, bias) in enumerate(self._layers):
            h = h @ weight + bias
            if index < last:
                h = self._elu(h)
        return h.astype(np.float32).astype(np.float64)

    def _elu(self, h: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """ELU; NumPy has vector instructions for float32's exp, but not for its expm1."""
        below = np.minimum(h, 0.0)
        if self._type is np.float64:
            np.expm1(below, out=below)
        else:
            np.exp(below, out=below)
            below -= 1.0
        below += np.maximum(h, 0.0)
        return below

    @property
    def layers(self) -> list[tuple[Float32, Float32]]:
        """Weight (out, in) and bias (out,) of each layer, as they were given."""
        return list(self._sources)

    def fast(self) -> Mlp:
        """The same network in float32."""
        return Mlp(self._sources, precise=False)

    @staticmethod
    def from_tensors(tensors: Mapping[str, Float32], prefix: str) -> Mlp:
        """Layers named ``{prefix}.{i}.weight`` and ``{prefix}.{i}.bias``, i from 0.

        Raises:
            BundleError: None found, or shapes that do not chain.
        """
        layers: list[tuple[Float32, Float32]] = []
        while f"{prefix}.{len(layers)}.weight" in tensors:
            i = len(layers)
            weight, bias = tensors[f"{prefix}.{i}.weight"], tensors.get(f"{prefix}.{i}.bias")
            if bias is None or weight.ndim != 2 or bias.shape != weight.shape[:1]:
                raise BundleError(f"layer {prefix}.{i} is incomplete; train or download the bundle again")
            if layers and layers[-1][0].shape[0] != weight.shape[1]:
                raise BundleError(f"layer {prefix}.{i} takes {weight.shape[1]} inputs, the one before gives "
                                  f"{layers[-1][0].shape[0]}; train or download the bundle again")  # fmt: skip
            layers.append((weight, bias))
        if not layers:
            raise BundleError(f"no layers called {prefix}.*; found {sorted(tensors)[:6]}")
        return Mlp(layers)
