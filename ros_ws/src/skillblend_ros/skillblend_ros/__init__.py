"""ROS 2 nodes of skillblend, thin; what they decide is in modules that need no ROS.

Without ROS: `gatekeeper` (guard and codec), `machine` (MuJoCo as the robot), `faults`, `truth` (the
simulator's log) and `verdicts` (its judge), `pilot` (what drives the robot), `mapping` (where things are),
`parameters`, `topics`, `programs` (how all of them start). With ROS: `conversions`,
`nodes`, and one module for each node.
"""
