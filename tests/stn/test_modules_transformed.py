"""Layers that are pickled, exported, compiled and mapped."""

import pickle

import pytest
import torch
from torch import nn

from stn import Localizer, SpatialTransformer
from stn.families import FAMILY_NAMES
from stn.zooming import QuarterTurnLocalizer, ZoomLocalizer


@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_a_layer_can_be_pickled(generator, family):
    x = torch.rand(2, 1, 16, 16, generator=generator)
    layer = SpatialTransformer(Localizer(1, family)).eval()
    torch.testing.assert_close(pickle.loads(pickle.dumps(layer))(x), layer(x), rtol=0, atol=0)


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILY_NAMES)
def test_a_layer_can_be_exported_and_still_used(generator, family):
    layer = SpatialTransformer(Localizer(1, family), out_size=(7, 9), average=True).eval()
    nn.init.normal_(layer.localizer.head[-1].weight, std=0.05)
    x = torch.rand(2, 1, 24, 24, generator=generator)
    batch = {"x": {0: torch.export.Dim("batch")}}
    exported = torch.export.export(layer, (x,), dynamic_shapes=batch).module()
    for given in (x, torch.rand(5, 1, 24, 24, generator=generator)):
        torch.testing.assert_close(exported(given), layer(given), rtol=0, atol=1e-6)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*lru_cache")
@pytest.mark.parametrize(("family", "average"), [("affine", True), ("affine", "anisotropic"), ("tps", True)])
def test_a_layer_compiles_as_one_graph(family, average, generator):
    layer = SpatialTransformer(Localizer(1, family), out_size=(7, 9), average=average).eval()
    nn.init.normal_(layer.localizer.head[-1].weight, std=0.05)
    x = torch.rand(2, 1, 24, 24, generator=generator)
    torch._dynamo.reset()
    compiled = torch.compile(layer, fullgraph=True, backend="eager")
    torch.testing.assert_close(compiled(x), layer(x), rtol=0, atol=1e-6)


@pytest.mark.parametrize("average", [True, "anisotropic"])
@pytest.mark.parametrize("net", [Localizer, ZoomLocalizer, QuarterTurnLocalizer])
def test_a_layer_that_averages_can_be_mapped(net, average, generator):
    layer = SpatialTransformer(net(1), average=average).eval()
    for module in layer.modules():
        if isinstance(module, nn.Linear):
            nn.init.normal_(module.weight, std=0.05)
    x = torch.rand(3, 1, 24, 24, generator=generator)
    mapped = torch.vmap(lambda image: layer(image[None])[0])(x)
    torch.testing.assert_close(mapped, layer(x), rtol=0, atol=1e-5)
