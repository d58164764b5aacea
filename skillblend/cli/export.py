"""``skillblend export onnx`` and ``lerobot``: policies and episodes for other people's programs."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial
from pathlib import Path

from rich.console import Console
from tyro.conf import Positional

from skillblend.cli.output import check_file, check_new
from skillblend.files import json_text


@dataclasses.dataclass(frozen=True, kw_only=True)
class ExportOnnx:
    """Write the policy of a bundle as an ONNX file, with its observation contract in the metadata.

    Attributes:
        bundle: Folder of a skill's or a blender's bundle.
        out: File to write; runs/onnx/ROBOT_NAME.onnx by default.
        json: Print the metadata as one JSON object and nothing else.
    """

    bundle: Positional[Path]
    out: Path | None = None
    json: bool = False

    def load(self) -> Callable[[], int]:
        """What carries it out."""
        return partial(export_policy, self)


def export_policy(args: ExportOnnx) -> int:
    """Write the file, run it once beside the bundle, say how far they are apart."""
    from skillblend.onnx_export import TOLERANCE, ExportUnavailable, contract, difference, export_onnx

    about = contract(args.bundle)
    out = args.out or Path("runs/onnx") / f"{about['robot']}_{args.bundle.resolve().name}.onnx"
    check_file(out)
    check_new(out, "file")
    export_onnx(args.bundle, out)
    try:
        off: float | None = difference(args.bundle, out)
    except ExportUnavailable:
        off = None
    if args.json:
        print(json_text(about | {"file": str(out), "difference": off}))
        return 0 if off is None or off <= TOLERANCE else 1
    columns = sum(part["size"] for part in about["observation"])
    told = "not run: onnxruntime is not installed" if off is None else f"within {off:.1e} of the bundle (onnxruntime)"
    Console().print(
        f"{out}: {about['robot']} {about['skill']}, {columns} columns in, {about['action_size']} out; {told}",
        markup=False, highlight=False, soft_wrap=True,
    )  # fmt: skip
    return 0 if off is None or off <= TOLERANCE else 1
