"""``python -m lrlib``."""

import sys

from .cli import main

sys.exit(main())
