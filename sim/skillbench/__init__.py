"""The benchmark run: every task under every policy, one line an episode, and what follows from the lines.

`matrix` says what is to be run and what is missing, `results` keeps the lines, `play` makes them, `engine` spreads
the work over processes; `statistics`, `tables`, `pictures` and `report` read them.
"""
