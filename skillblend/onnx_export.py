"""A bundle's policy as an ONNX file: factors and limits inside, what goes in and comes out in its metadata.

Input ``observation`` (N, O) float32 holds quantities in SI units, in the order of the metadata's ``observation``;
output ``action`` (N, A) float32 is what the controller turns into joint targets. Nothing but standard operators.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from skillblend import __version__
from skillblend.bundle import read_config, read_networks, weights_digest
from skillblend.columns import BLEND_LIMIT, BLENDING, SKILL_LIMIT, Seen, factors, limits, parts_of
from skillblend.contracts import Array
from skillblend.errors import BundleError, SkillblendError
from skillblend.files import atomic_write, json_text
from skillblend.policy import Mlp
from skillblend.skills.spec import SKILLS

OPSET = 17
TOLERANCE = 1e-5
"""An exported network answers as the bundle does, but for so much (of actions beyond 1: of their size)."""


class ExportUnavailable(SkillblendError):  # noqa: N818 - a condition callers may live with
    """A package that writes or runs the other format is not installed."""


def export_onnx(folder: Path, out: Path) -> dict[str, Any]:
    """Write the policy of the bundle in `folder` to `out`; its metadata.

    Raises:
        BundleError: The bundle is missing, damaged, or holds no policy.
        ExportUnavailable: The package onnx is missing.
        InputError: `out` cannot be written.
    """
    actor, _ = read_networks(folder)
    about = contract(folder)
    parts = parts_of([(p["name"], p["size"]) for p in about["observation"]], _known(about))
    most = SKILL_LIMIT if about["skill"] in SKILLS else BLEND_LIMIT
    atomic_write(out, _model(actor, factors(parts), limits(parts, most), about))
    return about


def contract(folder: Path) -> dict[str, Any]:
    """What the policy in `folder` sees, in which units, and what it does; JSON-ready.

    Raises:
        BundleError: The bundle is missing, damaged, or holds no policy.
    """
    config = read_config(folder)
    try:
        about: dict[str, Any] = {
            name: config[name] for name in ("skill", "robot", "joint_names", "action_size", "controller")
        }
        layout = [(str(name), int(size)) for name, size in config["observation"]]
    except (KeyError, TypeError, ValueError) as error:
        raise BundleError(f"{folder} holds no policy: {error!r}; name the bundle of a skill or a blender") from error
    about["observation"] = [
        {"name": name, "size": size, "unit": part.unit, "about": part.about, "factor": part.factor}
        for name, size, part in parts_of(layout, _known(about))
    ]
    about |= {"sha256": weights_digest(folder), "commit": config.get("commit", "unknown"), "skillblend": __version__}
    return about


def runtime_answers(path: Path, observation: Array) -> Array:
    """Actions (N, A) of the exported network in `path` for observations (N, O) in SI units, by onnxruntime.

    Raises:
        ExportUnavailable: It is not installed.
    """
    try:
        import onnxruntime  # pyright: ignore[reportMissingTypeStubs]
    except ImportError as error:
        raise missing(error) from error
    session: Any = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return np.asarray(session.run(["action"], {"observation": observation.astype(np.float32)})[0], dtype=np.float64)


def difference(folder: Path, path: Path, *, count: int = 1000, seed: int = 0) -> float:
    """Largest difference of an action between bundle and exported file over `count` random observations.

    Of actions beyond 1, relative to their size: random observations are wilder than those of a robot.

    Raises:
        ExportUnavailable: onnxruntime is not installed.
    """
    actor, _ = read_networks(folder)
    about = contract(folder)
    parts = parts_of([(p["name"], p["size"]) for p in about["observation"]], _known(about))
    most = SKILL_LIMIT if about["skill"] in SKILLS else BLEND_LIMIT
    factor, limit = factors(parts), limits(parts, most)
    seen = np.random.default_rng(seed).normal(0.0, 1.5, (count, len(factor)))
    expected = actor(np.clip(seen, -limit, limit))
    off = np.abs(runtime_answers(path, seen / factor) - expected)
    return float((off / np.maximum(1.0, np.abs(expected))).max())


def _known(about: dict[str, Any]) -> Mapping[str, Seen]:
    """What is known of the parts by their names: of a skill, or of a blender, its goal and its skills' summaries."""
    if about["skill"] in SKILLS:
        return SKILLS[about["skill"]].parts
    goal = about["controller"].get("goal", ())
    units = list(dict.fromkeys(str(column["unit"]) for column in goal))
    said = units[0] if len(units) == 1 else ", ".join(str(column["unit"] or "1") for column in goal)
    summaries = {f"{skill}.{name}": part for skill in SKILLS.names() for name, part in SKILLS[skill].parts.items()}
    return {**summaries, **BLENDING, "goal": replace(BLENDING["goal"], unit=said)}


def _model(actor: Mlp, factor: Array, limit: Array, about: dict[str, Any]) -> bytes:
    try:
        import onnx
        from onnx import TensorProto, helper, numpy_helper
    except ImportError as error:
        raise missing(error) from error
    tensors = [
        numpy_helper.from_array(values.astype(np.float32), name)
        for name, values in (("factor", factor), ("lower", -limit), ("upper", limit))
    ]
    nodes = [
        helper.make_node("Mul", ["observation", "factor"], ["scaled"]),
        helper.make_node("Max", ["scaled", "lower"], ["raised"]),
        helper.make_node("Min", ["raised", "upper"], ["layer0"]),
    ]
    last = len(actor.layers) - 1
    for i, (weight, bias) in enumerate(actor.layers):
        tensors += [numpy_helper.from_array(weight, f"w{i}"), numpy_helper.from_array(bias, f"b{i}")]
        out = "action" if i == last else f"sum{i}"
        nodes.append(helper.make_node("Gemm", [f"layer{i}", f"w{i}", f"b{i}"], [out], transB=1))
        if i != last:
            nodes.append(helper.make_node("Elu", [out], [f"layer{i + 1}"]))
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", size])
        for name, size in (("observation", actor.input_size), ("action", actor.output_size))
    ]
    graph = helper.make_graph(nodes, f"{about['robot']}_{about['skill']}", ends[:1], ends[1:], tensors)
    model = helper.make_model(
        graph, producer_name="skillblend", producer_version=__version__, ir_version=8,
        opset_imports=[helper.make_opsetid("", OPSET)], doc_string=__doc__ or "",
    )  # fmt: skip
    helper.set_model_props(model, {k: v if isinstance(v, str) else json_text(v) for k, v in about.items()})
    onnx.checker.check_model(model)  # pyright: ignore[reportUnknownMemberType]
    return model.SerializeToString()


def missing(error: ImportError) -> ExportUnavailable:
    """What to say where a package of the other format is not there."""
    return ExportUnavailable(f"exporting needs the package {error.name}: pip install 'skillblend[export]'")
