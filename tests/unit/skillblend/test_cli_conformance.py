"""``skillblend conformance`` and ``fuzz``."""

from __future__ import annotations

import json

import pytest

from sim.conformance.faults import Fault
from skillblend.cli import main
from skillblend.safety import Guard
from skillblend.safety.fuzz import FuzzReport


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as end:
        main(list(arguments))
    out, err = capsys.readouterr()
    return int(str(end.value.code)), out, err


def test_conformance_as_json(capsys):
    code, out, err = call(capsys, "conformance", "--trials", "1", "--switches", "1", "--seed", "1", "--json")
    report = json.loads(out)
    assert (code, err) == (0, "")
    assert (report["robot"], report["trials"], report["seed"], report["passed"], report["total"]) == (
        "h1",
        1,
        1,
        12,
        12,
    )
    assert report["commit"] and 0.0 < report["interval"][0] < report["interval"][1]
    assert [c["fault"] for c in report["classes"]] == [f.value for f in Fault]
    assert set(report["classes"][0]) >= {"trials", "passed", "interval", "deadline", "latency_max", "failures"}
    assert report["control"]["passed"] == 1
    assert report["switches"]["falls"] == 0


def test_a_failed_trial_is_told_and_is_an_exit_code(capsys, monkeypatch):
    monkeypatch.setattr(Guard, "_latch", lambda *a, **k: None)
    code, out, _ = call(capsys, "conformance", "--trials", "1", "--switches", "0", "--seed", "1")
    assert code == 1
    assert "0 of 12 trials passed" in out
    assert "bad_crc 0: never safe" in out


def test_fuzzing(capsys):
    code, out, err = call(capsys, "fuzz", "g1", "--messages", "5000", "--seed", "3", "--json")
    report = json.loads(out)
    assert (code, err) == (0, "")
    assert (report["robot"], report["seed"], report["violation_count"], report["violations"]) == ("g1", 3, 0, {})
    assert report["messages"] >= 5000
    code, out, _ = call(capsys, "fuzz", "--messages", "1000")
    assert code == 0 and "0 violations" in out


def test_a_violation_is_an_exit_code(capsys, monkeypatch):
    report = FuzzReport(messages=5)
    report.violations["torque"] = 2
    monkeypatch.setattr("skillblend.safety.fuzz.fuzz", lambda *a, **k: report)
    code, out, _ = call(capsys, "fuzz", "--messages", "5", "--json")
    assert code == 1 and json.loads(out)["violation_count"] == 2


@pytest.mark.parametrize(
    ("arguments", "about"),
    [
        (("conformance", "--trials", "0"), "trials = 0 must be between 1 and"),
        (("conformance", "--switches", "-1"), "switches = -1 must not be negative"),
        (("conformance", "--robot", "h11"), "unknown robot 'h11'"),
        (("conformance", "--seed", "-1"), "seed = -1"),
        (("conformance", "--models", "nowhere"), "no bundle at nowhere"),
        (("fuzz", "h11"), "unknown robot 'h11'"),
        (("fuzz", "--messages", "0"), "messages = 0 must be between 1 and"),
    ],
    ids=" ".join,
)
def test_senseless_arguments(capsys, arguments, about):
    code, out, err = call(capsys, *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("skillblend: ") and about in err
