"""Executed episodes as a LeRobot dataset, read back with pyarrow against the documented layout."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import imageio.v3 as iio
import numpy as np
import pyarrow.parquet as pq
import pytest
from safetensors.numpy import save_file

from skillblend.cli import main
from skillblend.errors import InputError
from skillblend.lerobot_export import CAMERA, export_lerobot
from skillblend.onnx_export import ExportUnavailable
from skillblend.recording import FILE, MotionRecord, MotionRecorder, read_motion

ABOUT = {
    "robot": "h1", "scene": "workshop", "seed": 0, "instruction": "walk", "success": True,
    "joint_names": ["knee", "elbow"], "control_dt": 0.02,
}  # fmt: skip


class Puppet:
    """A robot of two joints that is moved by hand."""

    def __init__(self) -> None:
        self.state: Any = SimpleNamespace(time=np.zeros(1))
        self.qpos, self.qvel, self.sent = np.arange(9.0), np.arange(8.0), np.zeros(2)

    def step(self) -> None:
        self.state.time = self.state.time + 0.02
        self.qpos, self.qvel, self.sent = self.qpos + 1.0, self.qvel + 10.0, self.sent + 0.5


def recorded(folder: Path, steps: int = 10, **about: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    puppet = Puppet()
    recorder = MotionRecorder(of=puppet)
    for _ in range(steps):
        puppet.step()
        recorder.update()
    recorder.save(folder, ABOUT | about)
    return folder


def test_a_row_is_what_was_seen_before_what_was_sent(tmp_path: Path) -> None:
    motion = read_motion(recorded(tmp_path))
    assert len(motion) == 10 and motion.about == ABOUT
    assert motion.time == pytest.approx(np.arange(10) * 0.02)
    assert motion.qpos[0].tolist() == list(range(9)) and motion.qpos[3, 0] == 3.0
    assert motion.targets[0].tolist() == [0.5, 0.5] and motion.targets[3, 0] == 2.0


def test_a_run_without_motion_leaves_none_of_an_earlier_one(tmp_path: Path) -> None:
    recorded(tmp_path)
    recorded(tmp_path, steps=0)
    with pytest.raises(InputError, match=f"must hold the {FILE} that `skillblend run` leaves"):
        read_motion(tmp_path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"time": np.zeros(3)}, r"qpos \(10, 9\) must be 3 rows"),
        ({"qvel": np.full((10, 8), np.nan)}, "qvel .* must be 10 rows of finite numbers"),
        ({"targets": np.zeros((10, 3))}, "are not of 2 joints"),
        ({"about": {"robot": "h1"}}, "it does not say scene, instruction"),
    ],
)
def test_damaged_records_are_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    motion = read_motion(recorded(tmp_path))
    arrays = {"time": motion.time, "qpos": motion.qpos, "qvel": motion.qvel, "targets": motion.targets}
    about = change.pop("about", ABOUT)
    save_file(arrays | change, tmp_path / FILE, metadata={"about": json.dumps(about)})
    with pytest.raises(InputError, match=message):
        read_motion(tmp_path)


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Two episodes of 10 and 7 control steps, 25 rows a second."""
    motions = [
        read_motion(recorded(tmp_path / "a")),
        read_motion(recorded(tmp_path / "b", steps=7, instruction="wave", success=False)),
    ]
    export_lerobot(motions, tmp_path / "data", fps=25)
    return tmp_path / "data"


def test_the_layout_is_that_of_version_3(dataset: Path) -> None:
    found = sorted(str(p.relative_to(dataset)) for p in dataset.rglob("*") if p.is_file())
    assert found == [
        "data/chunk-000/file-000.parquet", "meta/episodes/chunk-000/file-000.parquet", "meta/info.json",
        "meta/stats.json", "meta/tasks.parquet",
    ]  # fmt: skip
    info = json.loads((dataset / "meta" / "info.json").read_text())
    assert info["codebase_version"] == "v3.0" and info["fps"] == 25 and info["robot_type"] == "h1"
    assert (info["total_episodes"], info["total_frames"], info["total_tasks"]) == (2, 9, 2)
    assert info["splits"] == {"train": "0:2"} and info["video_path"] is None
    path = info["data_path"].format(chunk_index=0, file_index=0)
    assert set(pq.read_schema(dataset / path).names) == set(info["features"])
    assert info["features"]["action"] == {"dtype": "float32", "shape": [2], "names": ["knee.pos", "elbow.pos"]}
    assert (
        len(info["features"]["observation.state"]["names"]) == info["features"]["observation.state"]["shape"][0] == 11
    )


def test_rows_are_the_episodes(dataset: Path) -> None:
    table = pq.read_table(dataset / "data" / "chunk-000" / "file-000.parquet").to_pydict()
    assert table["index"] == list(range(9)) and table["episode_index"] == [0] * 5 + [1] * 4
    assert table["frame_index"] == [0, 1, 2, 3, 4, 0, 1, 2, 3] and table["task_index"] == [0] * 5 + [1] * 4
    assert table["timestamp"] == pytest.approx([0, 0.04, 0.08, 0.12, 0.16, 0, 0.04, 0.08, 0.12])
    assert table["next.done"] == [False] * 4 + [True] + [False] * 3 + [True]
    assert table["next.success"] == [False] * 4 + [True] + [False] * 4
    second = table["observation.state"][1]  # two control steps later
    assert second == [9.0, 10.0, 26.0, 27.0, 5.0, 6.0, 7.0, 8.0, 23.0, 24.0, 25.0]
    assert table["action"][1] == [1.5, 1.5] and table["observation.environment_state"][1][:3] == [2.0, 3.0, 4.0]
    schema = pq.read_schema(dataset / "data" / "chunk-000" / "file-000.parquet")
    known = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
    assert known["action"] == {"feature": {"dtype": "float32", "_type": "Value"}, "length": 2, "_type": "List"}


def test_episodes_tasks_and_statistics_agree(dataset: Path) -> None:
    rows = pq.read_table(dataset / "meta" / "episodes" / "chunk-000" / "file-000.parquet").to_pylist()
    assert [(r["dataset_from_index"], r["dataset_to_index"], r["length"]) for r in rows] == [(0, 5, 5), (5, 9, 4)]
    assert [r["tasks"] for r in rows] == [["walk"], ["wave"]]
    tasks = pq.read_table(dataset / "meta" / "tasks.parquet")
    about = json.loads(tasks.schema.metadata[b"pandas"])
    assert about["index_columns"] == ["__index_level_0__"]
    assert tasks.to_pydict() == {"task_index": [0, 1], "__index_level_0__": ["walk", "wave"]}
    stats = json.loads((dataset / "meta" / "stats.json").read_text())
    assert stats["action"]["count"] == [9] and stats["action"]["max"] == [4.5, 4.5]
    assert rows[0]["stats/action/mean"] == [2.5, 2.5]
    assert {"min", "max", "mean", "std", "count", "q01", "q10", "q50", "q90", "q99"} == set(stats["index"])


def test_what_cannot_be_one_dataset_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = read_motion(recorded(tmp_path / "a"))
    with pytest.raises(InputError, match="no runs"):
        export_lerobot([], tmp_path / "out")
    with pytest.raises(InputError, match="at most 1000 at once"):
        export_lerobot([one] * 1001, tmp_path / "out")
    other = read_motion(recorded(tmp_path / "b", robot="g1"))
    with pytest.raises(InputError, match="robot differs between the runs: 'h1' and 'g1'"):
        export_lerobot([one, other], tmp_path / "out")
    for fps in (0, 30, 100):
        with pytest.raises(InputError, match=rf"fps = {fps} must divide the control rate, 50 a second"):
            export_lerobot([one], tmp_path / "out", fps=fps)
    with pytest.raises(InputError, match="exists; name another --out"):
        export_lerobot([one], tmp_path / "a")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ExportUnavailable, match="needs the package pyarrow"):
        export_lerobot([one], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_executed_instruction_becomes_an_episode_with_pictures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, out = tmp_path / "run", tmp_path / "data"
    for command in (
        ["run", "raise both hands", "--no-video", "--out", str(run)],
        ["export", "lerobot", str(run), "--out", str(out), "--fps", "10", "--width", "160"],
    ):
        with pytest.raises(SystemExit) as done:
            main(command)
        found = capsys.readouterr()
        assert done.value.code == 0, found.err
    report = json.loads((run / "report.json").read_text())
    motion: MotionRecord = read_motion(run)
    assert len(motion) == round(report["seconds"] / 0.02)
    assert motion.time[-1] - motion.time[0] == pytest.approx(0.02 * (len(motion) - 1))
    info = json.loads((out / "meta" / "info.json").read_text())
    assert info["total_frames"] == -(-len(motion) // 5)
    if "no video" in found.out:
        pytest.skip("this machine draws nothing")
    pictures = iio.imread(out / "videos" / CAMERA / "chunk-000" / "file-000.mp4")
    assert pictures.shape == (info["total_frames"], 120, 160, 3) and info["features"][CAMERA]["shape"] == [
        120,
        160,
        3,
    ]
    stats = json.loads((out / "meta" / "stats.json").read_text())[CAMERA]
    assert np.array(stats["mean"]).shape == (3, 1, 1) and 0.1 < np.mean(stats["mean"]) < 0.9
