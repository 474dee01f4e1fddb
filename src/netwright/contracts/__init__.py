"""The checks that every part of a room passes, for users' own parts too."""
