"""`python -m tests.campaign`: kill everything again and again, and see that nothing is lost."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from campaign.run import main

sys.exit(main())
