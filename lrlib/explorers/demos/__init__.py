"""What explorers show while a slider moves: each a function of the sliders' positions.

The book's build runs these files, and so does the page, so they use the standard library alone. A
demo returns what it draws as label to one :class:`lrlib.explorers.sketch.Curve` for each panel,
None where the label has no line there.
"""

from .descent import descent
from .drop import drop
from .milestones import milestones
from .plateau import plateau
from .power import power
from .trial import trial

__all__ = ["descent", "drop", "milestones", "plateau", "power", "trial"]
