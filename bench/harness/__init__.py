"""vidscout as a model of lmms-eval: `python -m lmms_eval --model vidscout --tasks …`.

lmms-eval finds it by the entry point `lmms_eval.models` of this package, and imports `lmms` only when it is asked for.
"""

from typing import Any


def manifest() -> Any:
    """What lmms-eval's registry needs: the name and where the class is."""
    from lmms_eval.models.registry_v2 import ModelManifest  # pyright: ignore[reportMissingImports]

    return ModelManifest("vidscout", simple_class_path=f"{__name__}.lmms.VidscoutModel")
