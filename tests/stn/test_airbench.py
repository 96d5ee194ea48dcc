import torch
import torch.nn.functional as F
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from stn.airbench import PATCH, WHITENING_CHUNK, AirbenchNet, patch_moments
from stn.data import Dataset, dataset_info
from stn.models import build_model
from stn.recipes import get_recipe
from stn.training.engine import Run


def smooth(n: int, generator: torch.Generator) -> torch.Tensor:
    """Images whose neighbouring pixels are alike, as photographs' are."""
    return F.interpolate(torch.rand(n, 3, 9, 9, generator=generator), size=32, mode="bilinear")


def test_the_first_layer_whitens_patches_both_ways(generator):
    net = AirbenchNet(nn.Identity(), 3, (8, 8, 8), 10)
    images = smooth(50, generator) - 0.5
    net.prepare(images)
    out = net.whiten(images).transpose(0, 1).flatten(1)  # (24, N)
    n = 3 * PATCH**2
    assert torch.equal(out[:n], -out[n:])
    second_moment = out[:n] @ out[:n].mT / out.shape[1]
    off_diagonal = second_moment - torch.diag(second_moment.diag())
    assert off_diagonal.abs().max() < 1e-2
    assert 0.9 < second_moment.diag().max() < 1.01  # small ones are damped by EPSILON


class LargestDouble(TorchDispatchMode):
    """Watches how large, in bytes, the largest float64 tensor is that an operator makes."""

    largest = 0

    def __torch_dispatch__(self, operator, types, arguments=(), named=None):
        made = operator(*arguments, **(named or {}))
        if isinstance(made, torch.Tensor) and made.dtype == torch.float64:
            self.largest = max(self.largest, made.untyped_storage().nbytes())
        return made


def test_the_patches_are_whitened_a_few_images_at_a_time(generator):
    """All patches of 5,000 CIFAR-10 images in float64 are 460 MB."""
    images = torch.rand(2 * WHITENING_CHUNK + 30, 3, 12, 12, generator=generator) - 0.5
    patches = F.unfold(images, PATCH).transpose(0, 1).flatten(1).double()
    with LargestDouble() as watched:
        found = patch_moments(images)
    torch.testing.assert_close(found, patches @ patches.mT / patches.shape[1], atol=1e-12, rtol=0)
    assert watched.largest == 8 * 12 * WHITENING_CHUNK * 11 * 11, "a chunk's, however many images there are"
    assert WHITENING_CHUNK * 12 * 31 * 31 * 8 < 25e6


def test_convolutions_start_by_handing_their_input_on(generator):
    net = AirbenchNet(nn.Identity(), 3, (32, 40, 40), 10)
    x = torch.rand(2, 24, 16, 16, generator=generator)
    torch.testing.assert_close(net.groups[0][0](x)[:, :24], x)


def test_a_run_prepares_the_network_and_leaves_the_first_layer_alone(generator):
    recipe = get_recipe("cifar10-clean-cnn")
    images = (smooth(40, generator) * 255).byte()
    run = Run(recipe, Dataset(dataset_info("cifar10"), images, torch.arange(40) % 10), 0, torch.device("cpu"))
    before = run.model.net.whiten.weight.clone()
    assert not torch.equal(before, build_model(recipe.model).net.whiten.weight)
    run.epoch(1, lambda report: None)
    assert torch.equal(run.model.net.whiten.weight, before)
    assert not torch.equal(run.model.net.whiten.bias, torch.zeros(24))


def test_the_networks_have_about_two_million_parameters():
    for name in ("cifar10-clean-cnn", "cifar10-clean-affine"):
        assert 1.9e6 < sum(p.numel() for p in build_model(get_recipe(name).model).parameters()) < 2.2e6
