"""`python -m netwright` is the command `netwright`."""

from netwright.cli import main

if __name__ == "__main__":
    main()
