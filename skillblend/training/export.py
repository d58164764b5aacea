"""From a trained model to the tensors of a bundle."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from skillblend.errors import BundleError
from skillblend.policy import Float32

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
