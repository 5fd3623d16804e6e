"""How surely a question's kind and language are told from its embedding; `--write` learns them anew from the examples.

python -m vidscout.bench.measure.learning.kinds [--write]
"""

import argparse

import numpy as np

from ....graphs.answer.question.kinds import EXAMPLES, LEARNT, understood
from ....tools.perception.embeddings.by_example import examples, learn, save
from ....tools.perception.embeddings.purposes import Labelled
from .left_out import embedded, parts


def main() -> None:
    """Print the shares that are told rightly, by language and by margin; write what was learnt if asked."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--write", action="store_true")
    options = asked.parse_args()
    rows = examples(EXAMPLES)
    kinds, tongues = [kind for kind, _, _ in rows], [tongue for _, tongue, _ in rows]
    vectors, source = embedded([Labelled(text) for _, _, text in rows])
    told = []
    for others, these in parts(len(rows)):
        known, spoken = (learn(vectors[others], [of[at] for at in others], source) for of in (kinds, tongues))
        for at in these:
            got = understood(known, spoken, vectors[at])
            told.append((tongues[at], got.nearest == kinds[at], got.language == tongues[at], got.margin))
    kind, tongue = np.mean([t[1] for t in told]), np.mean([t[2] for t in told])
    print(f"{len(rows)} examples; kind right {kind:.1%}, language {tongue:.1%}")
    for tongue in sorted(set(tongues)):
        print(f"  {tongue}: kind {np.mean([t[1] for t in told if t[0] == tongue]):.1%}")
    for low, high in ((0.0, 0.05), (0.05, 0.15), (0.15, 0.3), (0.3, 3.0)):
        within = [t[1] for t in told if low <= t[3] < high]
        print(f"  margin {low}–{high}: {len(within)} examples, {np.mean(within):.1%} right")
    if options.write:
        save({"kind": learn(vectors, kinds, source), "language": learn(vectors, tongues, source)}, LEARNT)


if __name__ == "__main__":
    main()
