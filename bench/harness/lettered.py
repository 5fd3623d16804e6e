"""Questions of evaluation harnesses, whose options stand in the text, taken apart."""

import re

_OPTION = re.compile(r"^\s*\(?([A-Z])[.):]\)?:?\s+(\S.*)$")


def lettered(text: str) -> tuple[str, list[str]]:
    """The question and the options of a prompt that has them as lettered lines, in order from A.

    What follows the options, as "Answer with the letter", is dropped: the answer is a letter anyhow. A prompt without
    two or more such lines is an open question and comes back whole.

    >>> lettered("Which fruit?\\nA. apple\\nB. pear\\nAnswer with the letter.")
    ('Which fruit?', ['apple', 'pear'])
    >>> lettered("What happens?")
    ('What happens?', [])
    """
    lines = text.strip().split("\n")
    options: list[str] = []
    before: list[str] = []
    for line in lines:
        found = _OPTION.match(line)
        if found is not None and found[1] == chr(ord("A") + len(options)):
            options.append(found[2].strip())
        elif not options:
            before.append(line)
    if len(options) < 2:
        return text.strip(), []
    return "\n".join(before).strip(), options
