"""Does the guard do what it promises? Faults while the robot walks in MuJoCo, through the real codec.

- `sim.conformance.faults`: the twelve fault classes and their deadlines;
- `sim.conformance.judge`: decides from simulator truth and motor commands alone.
"""
