"""What a question asks about what people and things do to each other, by how near it lies to labelled examples.

`relating.toml` has the examples, in English; `relating.npz` holds what was learnt from their embeddings
(`embeddings/by_example.py`). `python -m vidscout.bench.measure.learning.relating --write` makes it anew.
"""

from pathlib import Path

import numpy as np

from .....tools.payloads import Change
from .....tools.perception.embeddings.by_example import learnt

EXAMPLES = Path(__file__).with_name("relating.toml")
LEARNT = Path(__file__).with_name("relating.npz")
RIDGE = 0.3
"""What the examples are learnt with: they are few beside those of everything else."""
NONE = "none"


def asked_for(vector: np.ndarray, source: str) -> Change | None:
    """What a question asks for; `None` where it is another question, or another embedding made its vector.

    Args:
        vector: the question as a query, (dimensions,).
    """
    known = learnt(LEARNT, "asked")
    if not known.fits(vector, source):
        return None
    name = known.told(vector)[0]
    return None if name == NONE else Change(name)
