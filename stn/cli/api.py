"""Writes docs/api.md from the docstrings: `python -m stn.cli.api`, after one of them has changed."""

from __future__ import annotations

import inspect
import re
import textwrap
from pathlib import Path
from types import ModuleType
from typing import Any

import stn
from stn import families, geometry, modules, splines, volumes

PAGE = Path(__file__).resolve().parents[2] / "docs" / "api.md"
SECTIONS: dict[str, tuple[str, ...]] = {  # every name of `stn.__all__` once
    "Layers": ("SpatialTransformer", "ParallelTransformers"),
    "Localisation networks": (
        *("Localizer", "ZoomLocalizer", "QuarterTurnLocalizer", "SideLocalizer", "BoundedLocalizer", "VolumeLocalizer"),
    ),
    "Families": ("get_family", "get_volume_family"),
    "Sampling": ("sample", "outside_penalty"),
    "Pose: data with a known distortion": ("pose_supervision", "pose_loss", "from_pixels", "to_pixels"),
    "Looking inside, export": ("explain", "export_onnx"),
    "Recipes and checkpoints": ("list_recipes", "get_recipe", "load_checkpoint", "StnError"),
}
METHODS: dict[str, tuple[type, tuple[str, ...]]] = {  # below the name that gives such an object
    "SpatialTransformer": (modules.SpatialTransformer, ("locate", "warp")),
    "get_family": (
        families.MatrixFamily,
        ("identity", "grid", "matrix", "from_matrix", "compose", "within", "invert", "map_points", "unmap_points"),
    ),
    "get_volume_family": (volumes.VolumeFamily, ("identity", "grid", "matrix")),
}
GEOMETRY = (
    *("base_grid", "lattice", "affine_grid", "matrix_grid", "thin_plate_grid", "transform_points", "invert"),
    *("homography", "corners", "polar", "nearest_affine", "outside_fraction", "in_pixels", "mip_level"),
)


def page() -> str:
    """The page's Markdown."""
    convention = inspect.getdoc(geometry) or ""
    parts = [
        "# The API of `stn`",
        "Written from the docstrings by `python -m stn.cli.api`. Everything here is imported from `stn`.",
        "\n\n".join(convention.split("\n\n")[1:]),
    ]
    for title, names in SECTIONS.items():
        parts.append(f"## {title}")
        for name in names:
            parts += entry(stn, name)
            owner, methods = METHODS.get(name, (object, ()))
            for method in methods:
                parts += entry(owner, method, f"{owner.__name__}.", level=4)
            if name == "get_family":
                parts += entry(splines, "ThinPlateSpline", level=4)
    parts.append("## `stn.geometry`")
    for name in GEOMETRY:
        parts += entry(geometry, name)
    return "\n\n".join(parts) + "\n"


def entry(owner: ModuleType | type, name: str, prefix: str = "", level: int = 3) -> list[str]:
    """A heading, the signature and the docstring of one public name."""
    value = getattr(owner, name)
    if value.__name__ != name:
        return [f"{'#' * level} `{name}`", f"The old name of `{value.__name__}`."]
    signature = "" if inspect.isclass(value) and issubclass(value, Exception) else _signature(value)
    return [f"{'#' * level} `{prefix}{name}`", f"```python\n{prefix}{name}{signature}\n```", _markdown(value)]


def _signature(value: Any) -> str:
    signature = inspect.signature(value.__init__ if inspect.isclass(value) else value)
    kept = [one for one in signature.parameters.values() if one.name != "self"]
    result = inspect.Signature.empty if inspect.isclass(value) else signature.return_annotation
    text = str(signature.replace(parameters=kept, return_annotation=result))
    return re.sub(r"(: |-> )'([^']*)'", r"\1\2", text)  # annotations are strings


def _markdown(value: Any) -> str:
    """The docstring: lists of arguments as lists, examples as code."""
    text = inspect.getdoc(value) or ""
    lines: list[str] = []
    inside = ""
    for line in text.splitlines():
        if line in ("Args:", "Example:"):
            inside = line
            lines += ["**Arguments**" if line == "Args:" else "**Example**", ""]
            if line == "Example:":
                lines.append("```python")
        elif inside == "Example:":
            lines.append(line.removeprefix("    "))
        elif inside == "Args:" and line.startswith("    "):
            item = re.match(r"    (\w[\w, ]*): (.*)", line)
            lines.append(f"- `{item[1]}`: {item[2]}" if item else f"  {line.strip()}")
        else:
            inside = ""
            lines.append(line)
    if inside == "Example:":
        lines.append("```")
    return textwrap.dedent("\n".join(lines)).strip()


def main() -> None:
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE.name)


if __name__ == "__main__":
    main()
