"""What happened: facts gathered from a script, a loop or objects, through torch's own doors."""
