"""From a trained model to the tensors of a bundle, and back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch as th
from safetensors.numpy import load_file

from skillblend.errors import BundleError
from skillblend.policy import Float32, Mlp
from skillblend.training.ppo import LeanPPO

_TRUNKS = {
    "actor": ("mlp_extractor.policy_net", "action_net"),
    "critic": ("mlp_extractor.value_net", "value_net"),
}


def bundle_tensors(folder: Path) -> dict[str, Float32]:
    """Actor and critic layers of the checkpoint in `folder`, named as bundles name them.

    Raises:
        BundleError: There is no checkpoint.
    """
    path = folder / "checkpoint.safetensors"
    if not path.exists():
        raise BundleError(f"no checkpoint at {path}; train first")
    state = {k.removeprefix("policy."): v for k, v in load_file(path).items()}
    out: dict[str, Float32] = {}
    for name, (trunk, head) in _TRUNKS.items():
        index = 0
        while f"{trunk}.{2 * index}.weight" in state:
            for part in ("weight", "bias"):
                out[f"{name}.{index}.{part}"] = np.asarray(state[f"{trunk}.{2 * index}.{part}"], np.float32)
            index += 1
        for part in ("weight", "bias"):
            out[f"{name}.{index}.{part}"] = np.asarray(state[f"{head}.{part}"], np.float32)
    return out


def install(model: LeanPPO, actor: Mlp, critic: Mlp) -> None:
    """Put the networks of a bundle into `model`; exploration and optimiser stay as they are.

    Raises:
        BundleError: The model's networks have other sizes.
    """
    state: dict[str, th.Tensor] = dict(model.policy.state_dict())
    for network, (trunk, head) in zip((actor, critic), (_TRUNKS["actor"], _TRUNKS["critic"]), strict=True):
        last = len(network.layers) - 1
        for index, layer in enumerate(network.layers):
            place = head if index == last else f"{trunk}.{2 * index}"
            for part, values in zip(("weight", "bias"), layer, strict=True):
                state[f"{place}.{part}"] = th.tensor(values)
    try:
        model.policy.load_state_dict(state)
    except RuntimeError as error:
        raise BundleError(f"the bundle's networks do not fit the model: {error}") from error
