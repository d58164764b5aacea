"""Executed episodes as a LeRobot dataset, version 3.0: parquet, JSON and mp4.

Source: the format as `lerobot` 0.4 writes it (huggingface/lerobot, `src/lerobot/datasets`, Apache License 2.0);
docs/log.md says how it was read back with that package.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from skillblend.contracts import Array
from skillblend.errors import InputError
from skillblend.files import json_text, write_json
from skillblend.onnx_export import missing
from skillblend.recording import MotionRecord
from skillblend.snapshots import AnyArray

VERSION = "v3.0"
CAMERA = "observation.images.follow"
"""The picture: a camera that follows the robot."""
_CHUNK = "chunk-000"
_VIDEO_PATH = "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4"
_QUANTILES = (0.01, 0.10, 0.50, 0.90, 0.99)
_BASE = 7


@dataclass(frozen=True, kw_only=True)
class Pictures:
    """How episodes are drawn.

    Attributes:
        draw: Writes a motion's video, a frame a row, to a path; returns some of its frames, (F, H, W, 3), 0 to 255.
        size: Height and width, pixels.
    """

    draw: Callable[[MotionRecord, int, Path], Array]
    size: tuple[int, int]


def export_lerobot(
    motions: Sequence[MotionRecord], out: Path, *, fps: int = 50, pictures: Pictures | None = None
) -> dict[str, Any]:
    """Write `motions`, an episode each, to the new folder `out`, whole or not at all; its ``info.json``.

    Args:
        motions: Of robots with the same joints.
        out: Must not exist.
        fps: Rows a second: the control rate, or a whole fraction of it.
        pictures: None for a dataset without video.

    Raises:
        InputError: Nothing to write, robots differ, `fps` does not divide the control rate, or `out` is there.
        ExportUnavailable: pyarrow is missing.
    """
    stride = _check(motions, out, fps)
    pa, pq = _arrow()
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".writing-") as name:
        root = Path(name) / "dataset"
        features = _features(motions[0].about["joint_names"], fps, pictures)
        tasks = list(dict.fromkeys(str(motion.about["instruction"]) for motion in motions))
        tables: list[dict[str, AnyArray]] = []
        rows: list[dict[str, Any]] = []
        shown: list[Array] = []
        for number, motion in enumerate(motions):
            first = rows[-1]["dataset_to_index"] if rows else 0
            table = _episode(motion, number, tasks.index(str(motion.about["instruction"])), stride, fps, first)
            row, stats = _row(number, motion, table, first), {key: _stats(values) for key, values in table.items()}
            if pictures is not None:
                shown.append(_draw(pictures, motion, root, fps, row))
                stats[CAMERA] = _picture_stats(shown[-1])
            tables.append(table)
            rows.append(row | {f"stats/{key}/{k}": v for key, values in stats.items() for k, v in values.items()})
        whole = {key: np.concatenate([table[key] for table in tables]) for key in tables[0]}
        stats = {key: _stats(values) for key, values in whole.items()}
        if shown:
            stats[CAMERA] = _picture_stats(np.concatenate(shown))
        _write_data(root / "data" / _CHUNK / "file-000.parquet", whole, features, pa, pq)
        _write(root / "meta" / "episodes" / _CHUNK / "file-000.parquet", pa.Table.from_pylist(rows), pq)
        _write(root / "meta" / "tasks.parquet", _task_table(tasks, pa), pq)
        info = _info(motions, len(whole["index"]), len(tasks), fps, features)
        write_json(root / "meta" / "info.json", info)
        write_json(root / "meta" / "stats.json", stats)
        root.rename(out)
    return info


def _draw(pictures: Pictures, motion: MotionRecord, root: Path, fps: int, row: dict[str, Any]) -> Array:
    """The video of an episode; `row` says where it is. Some of its frames."""
    number, prefix = row["episode_index"], f"videos/{CAMERA}"
    path = root / "videos" / CAMERA / _CHUNK / f"file-{number:03d}.mp4"
    path.parent.mkdir(parents=True, exist_ok=True)
    row |= {f"{prefix}/chunk_index": 0, f"{prefix}/file_index": number}
    row |= {f"{prefix}/from_timestamp": 0.0, f"{prefix}/to_timestamp": row["length"] / fps}
    return pictures.draw(motion, fps, path)


def _check(motions: Sequence[MotionRecord], out: Path, fps: int) -> int:
    """How many control steps a row takes."""
    if not motions:
        raise InputError("no runs; name at least one folder that `skillblend run` left")
    if len(motions) > 1000:
        raise InputError(f"{len(motions)} runs do not fit one chunk of a dataset; export at most 1000 at once")
    if out.exists():
        raise InputError(f"{out} exists; name another --out, or remove it")
    first = motions[0].about
    for motion in motions[1:]:
        for key in ("robot", "joint_names", "control_dt"):
            if motion.about[key] != first[key]:
                raise InputError(
                    f"{key} differs between the runs: {first[key]!r} and {motion.about[key]!r}; export them apart"
                )
    rate = round(1 / float(first["control_dt"]))
    if not 1 <= fps <= rate or rate % fps:
        allowed = [f for f in range(1, rate + 1) if rate % f == 0]
        raise InputError(f"fps = {fps} must divide the control rate, {rate} a second: one of {allowed}")
    return rate // fps


def _episode(motion: MotionRecord, number: int, task: int, stride: int, fps: int, first: int) -> dict[str, AnyArray]:
    """Columns of an episode, each (T, size) or (T,)."""
    joints = len(motion.about["joint_names"])
    qpos, qvel = motion.qpos[::stride], motion.qvel[::stride]
    steps = len(qpos)
    state = [qpos[:, _BASE : _BASE + joints], qvel[:, 6 : 6 + joints], qpos[:, 3:_BASE], qvel[:, 3:6]]
    last = np.zeros(steps, dtype=np.bool_)
    last[-1] = True
    return {
        "observation.state": np.concatenate(state, axis=1).astype(np.float32),
        "observation.environment_state": np.concatenate([qpos[:, :3], qvel[:, :3]], axis=1).astype(np.float32),
        "action": motion.targets[::stride].astype(np.float32),
        "next.done": last,
        "next.success": last & bool(motion.about.get("success", False)),
        "timestamp": (np.arange(steps) / fps).astype(np.float32),
        "frame_index": np.arange(steps),
        "episode_index": np.full(steps, number),
        "index": first + np.arange(steps),
        "task_index": np.full(steps, task),
    }


def _features(joints: Sequence[str], fps: int, pictures: Pictures | None) -> dict[str, dict[str, Any]]:
    measured = [f"{joint}.{what}" for what in ("pos", "vel") for joint in joints]
    measured += [f"base_quaternion.{axis}" for axis in "wxyz"] + [f"base_angular_velocity.{axis}" for axis in "xyz"]
    truth = [f"base_{what}.{axis}" for what in ("position", "velocity") for axis in "xyz"]
    out = {
        "observation.state": _feature("float32", measured),
        "observation.environment_state": _feature("float32", truth),
        "action": _feature("float32", [f"{joint}.pos" for joint in joints]),
    }
    for name in ("next.done", "next.success"):
        out[name] = {"dtype": "bool", "shape": [1], "names": None}
    if pictures is not None:
        height, width = pictures.size
        shape = {"dtype": "video", "shape": [height, width, 3], "names": ["height", "width", "channels"]}
        about = {
            "video.height": height, "video.width": width, "video.codec": "h264", "video.pix_fmt": "yuv420p",
            "video.is_depth_map": False, "video.fps": fps, "video.channels": 3, "has_audio": False,
        }  # fmt: skip
        out[CAMERA] = shape | {"info": about}
    out["timestamp"] = {"dtype": "float32", "shape": [1], "names": None}
    for name in ("frame_index", "episode_index", "index", "task_index"):
        out[name] = {"dtype": "int64", "shape": [1], "names": None}
    return out


def _feature(dtype: str, names: list[str]) -> dict[str, Any]:
    return {"dtype": dtype, "shape": [len(names)], "names": names}


def _row(number: int, motion: MotionRecord, table: Mapping[str, AnyArray], first: int) -> dict[str, Any]:
    steps = len(table["index"])
    return {
        "episode_index": number,
        "tasks": [str(motion.about["instruction"])],
        "length": steps,
        "data/chunk_index": 0,
        "data/file_index": 0,
        "dataset_from_index": first,
        "dataset_to_index": first + steps,
        "meta/episodes/chunk_index": 0,
        "meta/episodes/file_index": 0,
    }


def _info(
    motions: Sequence[MotionRecord], frames: int, tasks: int, fps: int, features: Mapping[str, Any]
) -> dict[str, Any]:
    return {
        "codebase_version": VERSION,
        "robot_type": motions[0].about["robot"],
        "total_episodes": len(motions),
        "total_frames": frames,
        "total_tasks": tasks,
        "chunks_size": 1000,
        "data_files_size_in_mb": 100,
        "video_files_size_in_mb": 200,
        "fps": fps,
        "splits": {"train": f"0:{len(motions)}"},
        "data_path": "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet",
        "video_path": "videos/{video_key}/chunk-{chunk_index:03d}/file-{file_index:03d}.mp4"
        if CAMERA in features
        else None,
        "features": features,
    }


def _stats(values: AnyArray) -> dict[str, list[Any]]:
    """Of the columns of (T, size) or (T,)."""
    rows = values.reshape(len(values), -1).astype(np.float64)
    return _summary(rows) | {"count": [len(rows)]}


def _picture_stats(frames: Array) -> dict[str, Any]:
    """Of the colours, 0 to 1, each (3, 1, 1)."""
    flat = _summary(frames.reshape(-1, 3).astype(np.float64) / 255.0)
    return {key: [[[value]] for value in values] for key, values in flat.items()} | {"count": [len(frames)]}


def _summary(rows: Array) -> dict[str, list[Any]]:
    out = {"min": rows.min(axis=0), "max": rows.max(axis=0), "mean": rows.mean(axis=0), "std": rows.std(axis=0)}
    out |= {f"q{round(100 * q):02d}": np.quantile(rows, q, axis=0) for q in _QUANTILES}
    return {key: value.tolist() for key, value in out.items()}


def _arrow() -> tuple[Any, Any]:
    try:
        import pyarrow  # pyright: ignore[reportMissingTypeStubs]
        import pyarrow.parquet  # pyright: ignore[reportMissingTypeStubs]
    except ImportError as error:
        raise missing(error) from error
    return pyarrow, pyarrow.parquet


def _write(path: Path, table: Any, pq: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path, compression="snappy")


def _write_data(path: Path, columns: Mapping[str, AnyArray], features: Mapping[str, Any], pa: Any, pq: Any) -> None:
    """Rows of all episodes, with the schema that `datasets` reads from the file."""
    kinds = {"float32": pa.float32(), "int64": pa.int64(), "bool": pa.bool_()}
    fields: list[Any] = []
    arrays: list[Any] = []
    known: dict[str, Any] = {}
    for name, values in columns.items():
        kind, size = features[name]["dtype"], features[name]["shape"][0]
        if values.ndim == 2:
            arrays.append(pa.FixedSizeListArray.from_arrays(pa.array(values.ravel(), kinds[kind]), size))
            fields.append(pa.field(name, pa.list_(kinds[kind], size)))
            known[name] = {"feature": {"dtype": kind, "_type": "Value"}, "length": size, "_type": "List"}
        else:
            arrays.append(pa.array(values, kinds[kind]))
            fields.append(pa.field(name, kinds[kind]))
            known[name] = {"dtype": kind, "_type": "Value"}
    schema = pa.schema(fields, metadata={"huggingface": json_text({"info": {"features": known}})})
    _write(path, pa.Table.from_arrays(arrays, schema=schema), pq)


def _task_table(tasks: Sequence[str], pa: Any) -> Any:
    """Indices by task: the index of a data frame, as pandas writes and reads it."""
    name, text = "__index_level_0__", {"pandas_type": "unicode", "numpy_type": "object"}
    number = {"pandas_type": "int64", "numpy_type": "int64", "metadata": None}
    about = {
        "index_columns": [name],
        "column_indexes": [{"name": None, "field_name": None, **text, "metadata": {"encoding": "UTF-8"}}],
        "columns": [
            {"name": "task_index", "field_name": "task_index", **number},
            {"name": None, "field_name": name, **text, "metadata": None},
        ],
        "creator": {"library": "pyarrow", "version": pa.__version__},
        "pandas_version": "2.0.0",
    }
    schema = pa.schema([("task_index", pa.int64()), (name, pa.string())], metadata={"pandas": json_text(about)})
    columns = [pa.array(range(len(tasks)), pa.int64()), pa.array(tasks, pa.string())]
    return pa.Table.from_arrays(columns, schema=schema)
