"""Networks for programs that do not know this package."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import save
from torch import Tensor, nn

from stn.checkpoint import CheckpointInfo, load_checkpoint, write_file
from stn.errors import StnError, first_line, unknown
from stn.explain import evaluating
from stn.models import Normalized, ReferenceNet

OPSET = 20  # whose operators the translations in `_onnx` are written in


def export(name: str, format: str, out: Path) -> Path:
    """Writes a checkpoint's network to `out`.

    Format "tutorial": the state dict of the PyTorch STN tutorial's `Net` (conv1, conv2, fc1, fc2, localization,
    fc_loc), which takes normalized images; as safetensors where the name ends so, else as `torch.save` writes it.
    Format "onnx": the whole network in one ONNX file, from `images` (B, C, canvas, canvas) in [0, 1], any B, to
    `logits` (B, classes), log-probabilities where the network gives these; the file's metadata names the recipe and,
    comma-separated, the classes.
    Raises StnError for an unknown format, for networks without the tutorial's layers, where the packages of PyTorch's
    ONNX exporter are missing, and where it cannot write.
    """
    if format not in FORMATS:
        raise unknown("export format", format, FORMATS)
    model, info = load_checkpoint(name)
    FORMATS[format](model, info, out)
    return out


def _tutorial(model: Normalized, info: CheckpointInfo, out: Path) -> None:
    if not isinstance(model.net, ReferenceNet) or info.family is None:
        raise StnError(f"{info.name!r} does not have the tutorial's layers; export one of the reference systems.")
    if info.recipe.model.luminance:
        raise StnError(
            f"{info.name!r} gives its localisation net gray images, which the tutorial's network cannot; export it "
            "as onnx."
        )
    state = model.net.tutorial_state()
    if out.suffix == ".safetensors":
        content = save(state)
    else:
        buffer = io.BytesIO()
        torch.save(state, buffer)  # into a file, it would say of a full disk that a position is unexpected
        content = buffer.getvalue()
    write_file(out, lambda file: file.write_bytes(content))


def _onnx(model: Normalized, info: CheckpointInfo, out: Path) -> None:
    images = torch.zeros(2, info.recipe.model.channels, info.canvas, info.canvas)
    program = onnx_program(model, images, "pictures", ["logits"])
    program.model.metadata_props.update(recipe=info.name, classes=",".join(info.classes))
    write_file(out, program.save)


def export_onnx(module: nn.Module, example: Tensor, any_size: bool = False) -> torch.onnx.ONNXProgram:
    """Any module that holds SpatialTransformers, in ONNX, from its one input, `images`, to its output, `output`.

    `example` (B, C, H, W): whatever its batch, the program takes any, of images of this size; with `any_size`, of any H
    and W that the module itself takes, for which a spline needs an `out_size`. The module is written as it is in
    evaluation mode. `.save("net.onnx")` writes the result, which onnxruntime reads.
    Raises StnError where the packages of PyTorch's ONNX exporter, onnx and onnxscript, are missing, and where it cannot
    translate the module.

    Example:
        >>> from stn import Localizer, SpatialTransformer
        >>> layer = SpatialTransformer(Localizer(1, "affine"), out_size=(14, 14))
        >>> program = export_onnx(layer, torch.zeros(1, 1, 28, 28))  # doctest: +SKIP
        >>> program.save("layer.onnx")  # doctest: +SKIP
    """
    if not len(example):
        raise StnError("The example is an empty batch; give one image or more.")
    images = example.expand(2, *example.shape[1:]) if len(example) == 1 else example
    try:
        return onnx_program(module, images.contiguous(), "images", ["output"], any_size=any_size)
    except StnError:
        raise
    except Exception as error:  # of many kinds, from torch.export to the translation
        hint = " A spline needs an out_size where images may have any size." if any_size else ""
        raise StnError(f"PyTorch cannot write this module in ONNX: {first_line(error)}{hint}") from error


def onnx_program(
    module: nn.Module,
    images: Tensor,
    input_name: str,
    output_names: list[str],
    optimize: bool = True,
    any_size: bool = False,
) -> torch.onnx.ONNXProgram:
    """A module that holds SpatialTransformers, in ONNX: from images (B, C, H, W), of any B, to its outputs.

    `images`: an example of two, for one would fix B at 1. `optimize`: whether what is known when the program is written
    is computed then; it may fold weights into each other. `any_size`: of any H and W, too. Raises StnError where the
    packages of PyTorch's ONNX exporter are missing.
    """
    try:
        import onnx
        from onnxscript import opset20
    except ImportError as error:
        raise StnError(
            "PyTorch writes ONNX with two more packages: pip install onnx onnxscript, then export again."
        ) from error

    op: Any = opset20  # whose types are narrower than what it takes

    # What the exporter does not translate by itself.
    def hypot(x: Any, y: Any) -> Any:
        return op.Sqrt(op.Add(op.Mul(x, x), op.Mul(y, y)))

    # Our networks pool to 2x2, whose windows share a row and a column where the height and the width are odd.
    def halves(x: Any, cells: Any) -> Any:
        size = x.shape[2:]
        return op.MaxPool(x, kernel_shape=[-(-n // 2) for n in size], strides=[n // 2 for n in size])

    # It has a translation for the mean over areas that do not divide the size, of hundreds of nodes.
    def areas(x: Any, cells: Any) -> Any:
        down, right = (weights(x, axis, k) for axis, k in zip((2, 3), cells, strict=True))
        return op.MatMul(op.MatMul(down, x), op.Transpose(right, perm=(1, 0)))

    def weights(x: Any, axis: int, cells: int) -> Any:
        if isinstance(x.shape[axis], int):
            return op.Constant(value=onnx.numpy_helper.from_array(area_weights(x.shape[axis], cells)))
        # `area_weights` in the program's own operators: the size is known when it runs.
        size = op.Shape(x, start=axis, end=axis + 1)  # (1,)
        edges = op.Constant(value_ints=list(range(cells)))
        pixels = op.Range(0, op.Squeeze(size), 1)
        low = op.Unsqueeze(op.Div(op.Mul(edges, size), cells), [1])  # (cells, 1)
        high = op.Unsqueeze(op.Div(op.Add(op.Mul(op.Add(edges, 1), size), cells - 1), cells), [1])
        inside = op.Cast(op.And(op.LessOrEqual(low, pixels), op.Less(pixels, high)), to=onnx.TensorProto.FLOAT)
        return op.Div(inside, op.Cast(op.Sub(high, low), to=onnx.TensorProto.FLOAT))

    aten, prims = torch.ops.aten, torch.ops.prims
    table: dict[Callable[..., Any], Callable[..., Any]] = {
        aten.hypot.default: hypot,
        prims.hypot.default: hypot,
        aten.adaptive_max_pool2d.default: halves,
        aten._adaptive_avg_pool2d.default: areas,
    }
    sides = dict.fromkeys((2, 3), torch.export.Dim.DYNAMIC) if any_size else {}
    with warnings.catch_warnings(), torch.no_grad(), evaluating(module):
        warnings.simplefilter("ignore", FutureWarning)  # of PyTorch, to itself
        program = torch.onnx.export(
            module,
            (images,),
            dynamo=True,
            opset_version=OPSET,
            input_names=[input_name],
            output_names=output_names,
            dynamic_shapes=({0: torch.export.Dim("B"), **sides},),
            custom_translation_table=table,
            optimize=optimize,
            verbose=False,
        )
    assert program is not None, "the exporter returns one where dynamo=True"
    return program


def area_weights(size: int, cells: int) -> np.ndarray:
    """The matrix (cells, size) that takes means over areas of `size` numbers, as adaptive average pooling does."""
    weights = np.zeros((cells, size), np.float32)
    for i in range(cells):
        low, high = i * size // cells, -(-(i + 1) * size // cells)
        weights[i, low:high] = 1 / (high - low)
    return weights


FORMATS = {"tutorial": _tutorial, "onnx": _onnx}
