"""One training as a case: its network, task, rows and outcome, made from the facts."""
