"""``python -m stemstudio`` is the command ``stemstudio``."""

from stemstudio.cli import main

raise SystemExit(main())
