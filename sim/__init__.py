"""MuJoCo: worlds, batched stepping, tasks, randomisation, rendering."""
