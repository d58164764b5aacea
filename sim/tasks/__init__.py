"""Tasks: one MDP each, as a class of plain array functions over N environments."""
