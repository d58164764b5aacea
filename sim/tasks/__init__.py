"""Tasks of blenders: one file for one task, found by its name, and what these files share."""
