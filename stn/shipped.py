"""Where checkpoints are found by their names: beside the package, inside an installed one, and in $STN_CHECKPOINTS."""

from __future__ import annotations

import os
from pathlib import Path

from stn.errors import StnError, unknown

FOLDER = "STN_CHECKPOINTS"  # environment: a folder of more of them
HERE = Path(__file__).resolve().parent
INSTALLED = HERE / "checkpoints"  # in a wheel; holds those of the playground's page
SHIPPED = INSTALLED if INSTALLED.is_dir() else HERE.parent / "checkpoints"


def folders() -> list[Path]:
    """Where names are looked for, in this order."""
    more = os.environ.get(FOLDER)
    return [SHIPPED, *([Path(more)] if more else [])]


def shipped_names() -> list[str]:
    """The names of all checkpoints that are found without a path."""
    return sorted({path.stem for folder in folders() for path in folder.glob("*.safetensors")})


def find_checkpoint(name: str | os.PathLike) -> Path:
    """The file of a name or a path. Raises StnError, listing what there is."""
    path = Path(name)
    if path.suffix == ".safetensors" or len(path.parts) > 1:
        if not os.path.isfile(path):  # pathlib's raises for a name that is too long
            raise StnError(f"There is no file '{path}'; give the path of a .safetensors file, or a shipped name alone.")
        return path
    for folder in folders():
        if str(name) in {found.stem for found in folder.glob("*.safetensors")}:
            return folder / f"{name}.safetensors"
    if SHIPPED == INSTALLED and _is_recipe(str(name)):
        raise StnError(
            f"The checkpoint '{name}' is not part of an installed package; name a folder that holds it in ${FOLDER}, "
            "or give its path, or a repository to stn.hub.HubModel.from_pretrained."
        )
    raise unknown("checkpoint", str(name), shipped_names())


def _is_recipe(name: str) -> bool:
    from stn.recipes import list_recipes  # which is long, and needed for a sentence only

    return name in list_recipes()
