"""The tests of networks share small tasks."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
