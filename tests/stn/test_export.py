"""Networks in ONNX, run by a program that does not know this package."""

import sys

import onnxruntime
import pytest
import torch
from torch import nn

from stn import (
    Localizer,
    ParallelTransformers,
    QuarterTurnLocalizer,
    SpatialTransformer,
    StnError,
    export_onnx,
    load_checkpoint,
)
from stn.export import OPSET, export


def run(file, images):
    session = onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])
    return torch.from_numpy(session.run(["logits"], {"pictures": images.numpy()})[0]), session.get_modelmeta()


@pytest.mark.slow
@pytest.mark.parametrize(
    "name",
    [
        "mnist-tutorial",  # logarithms of probabilities
        "mnist-r-tps",  # a spline
        "cifar10-rsc-cnn",  # maps with odd sides before the last pooling
        "cifar10-play-affine",  # looks twice, averages, decides for a side
        "cifar10-clean-affine",  # a classifier that pools over all that is left
        "mnist-r-projective",
        "mnist-rts-affine-feature",  # behind the first layer
    ],
)
def test_onnx_gives_the_same_logits_for_any_number_of_images(name, tmp_path, generator):
    file = export(name, "onnx", tmp_path / "net.onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["net.onnx"]  # no weights beside it
    model, info = load_checkpoint(name)
    for n in (1, 5):
        images = torch.rand(n, info.recipe.model.channels, info.canvas, info.canvas, generator=generator)
        logits, about = run(file, images)
        with torch.inference_mode():
            torch.testing.assert_close(logits, model(images), rtol=0, atol=1e-3)
    assert about.custom_metadata_map == {"recipe": name, "classes": ",".join(info.classes)}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::FutureWarning")  # of PyTorch, to itself
def test_a_layer_of_ones_own_that_averages_becomes_onnx(tmp_path, generator):
    layer = SpatialTransformer(Localizer(1), out_size=(9, 9), average=True, iterations=2).eval()
    with torch.no_grad():
        layer.localizer.head[-1].bias.copy_(torch.tensor([1.2, 0.3, 0.1, -0.3, 1.2, 0.0]))
    images = torch.rand(2, 1, 28, 28, generator=generator)
    options = {"input_names": ["pictures"], "output_names": ["logits"], "opset_version": OPSET, "verbose": False}
    torch.onnx.export(layer, (images,), dynamo=True, **options).save(tmp_path / "layer.onnx")
    torch.testing.assert_close(run(tmp_path / "layer.onnx", images)[0], layer(images), rtol=0, atol=1e-5)


def test_gray_images_for_the_localisation_net_are_not_the_tutorials(tmp_path):
    with pytest.raises(StnError, match=r"gray images, which the tutorial's network cannot; export it as onnx"):
        export("cifar10-luminance", "tutorial", tmp_path / "net.pt")
    assert not list(tmp_path.iterdir())


def test_without_the_exporters_packages_it_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(StnError, match="pip install onnx onnxscript"):
        export("mnist-r-tps", "onnx", tmp_path / "net.onnx")


@pytest.mark.slow
def test_any_module_that_holds_transformers_becomes_onnx(tmp_path, generator):
    layers = [SpatialTransformer(Localizer(3, "similarity"), (12, 12), "mean")]
    layers += [SpatialTransformer(QuarterTurnLocalizer(3, hard=True), (12, 12))]
    spline = SpatialTransformer(Localizer(6, "tps"))
    net = nn.Sequential(ParallelTransformers(layers), spline, nn.Flatten(), nn.Linear(6 * 144, 5)).train()
    for module in net.modules():
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=0.02)
    export_onnx(net, torch.rand(1, 3, 20, 28, generator=generator)).save(tmp_path / "net.onnx")
    assert net.training, "it is left as it was"
    session = onnxruntime.InferenceSession(tmp_path / "net.onnx", providers=["CPUExecutionProvider"])
    for n in (1, 5):
        images = torch.rand(n, 3, 20, 28, generator=generator)
        output = torch.from_numpy(session.run(["output"], {"images": images.numpy()})[0])
        torch.testing.assert_close(output, net.eval()(images), rtol=0, atol=1e-4)
        net.train()


@pytest.mark.slow
def test_a_layer_becomes_onnx_for_images_of_any_size(tmp_path, generator):
    layer = SpatialTransformer(Localizer(3, "projective"), padding="mean", average="anisotropic").eval()
    nn.init.normal_(layer.localizer.head[-1].weight, std=0.05, generator=generator)
    export_onnx(layer, torch.rand(1, 3, 20, 28, generator=generator), any_size=True).save(tmp_path / "net.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "net.onnx", providers=["CPUExecutionProvider"])
    for size in ((20, 28), (33, 17), (64, 48)):  # cells of the pooling that share rows, that are one, that are many
        images = torch.rand(3, 3, *size, generator=generator)
        output = torch.from_numpy(session.run(["output"], {"images": images.numpy()})[0])
        torch.testing.assert_close(output, layer(images), rtol=0, atol=1e-4)


@pytest.mark.slow
def test_a_spline_that_keeps_the_size_is_not_for_any_size():
    with pytest.raises(StnError, match=r"in ONNX: .*spline needs an out_size"):
        export_onnx(SpatialTransformer(Localizer(1, "tps")), torch.zeros(2, 1, 20, 28), any_size=True)


def test_what_cannot_become_onnx_is_told_in_one_sentence():
    class Branches(nn.Module):
        def forward(self, x):
            return x if x.sum() > 0 else -x

    with pytest.raises(StnError, match="empty batch"):
        export_onnx(nn.Flatten(), torch.zeros(0, 1, 4, 4))
    with pytest.raises(StnError, match="PyTorch cannot write this module in ONNX: "):
        export_onnx(Branches(), torch.zeros(2, 1, 4, 4))
