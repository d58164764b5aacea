"""How each skill is trained, judged and calibrated: one file for one skill, found by its name."""
