"""How surely a question's kind and language are told from its embedding; `--write` learns them anew from the examples.

python -m vidscout.bench.measure.kinds [--write]
"""

import argparse
import tomllib

import numpy as np

from ...agent.scout import VideoScout
from ...graphs.answer.question.kinds import EXAMPLES, learn
from ...tools.perception.embeddings.purposes import Query

PARTS = 10
"""Of the examples, each of which is told by what was learnt from the others."""


def examples() -> list[tuple[str, str, str]]:
    """Kind, language and wording of every example."""
    kinds = tomllib.loads(EXAMPLES.read_text(encoding="utf-8"))
    return [(kind, tongue, text) for kind, by in kinds.items() for tongue, texts in by.items() for text in texts]


def main() -> None:
    """Print the shares that are told rightly, by language and by margin; write what was learnt if asked."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--write", action="store_true")
    options = asked.parse_args()
    rows = examples()
    kinds, tongues = [kind for kind, _, _ in rows], [tongue for _, tongue, _ in rows]
    with VideoScout(profile="embedded") as scout:
        embedding = scout.role("text_embedding")
        vectors = np.stack(embedding.run([Query(text) for _, _, text in rows]))
        source = embedding.source
    part = np.random.default_rng(0).integers(0, PARTS, len(rows))
    told = []
    for number in range(PARTS):
        others = [at for at in range(len(rows)) if part[at] != number]
        known = learn(vectors[others], [kinds[at] for at in others], [tongues[at] for at in others], source)
        for at in (at for at in range(len(rows)) if part[at] == number):
            got = known.understand(vectors[at])
            told.append((tongues[at], got.nearest == kinds[at], got.language == tongues[at], got.margin))
    kind, tongue = np.mean([t[1] for t in told]), np.mean([t[2] for t in told])
    print(f"{len(rows)} examples; kind right {kind:.1%}, language {tongue:.1%}")
    for tongue in sorted(set(tongues)):
        print(f"  {tongue}: kind {np.mean([t[1] for t in told if t[0] == tongue]):.1%}")
    for low, high in ((0.0, 0.05), (0.05, 0.15), (0.15, 0.3), (0.3, 3.0)):
        within = [t[1] for t in told if low <= t[3] < high]
        print(f"  margin {low}–{high}: {len(within)} examples, {np.mean(within):.1%} right")
    if options.write:
        learn(vectors, kinds, tongues, source).save()


if __name__ == "__main__":
    main()
