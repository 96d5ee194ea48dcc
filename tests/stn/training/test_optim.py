from dataclasses import replace

import pytest
import torch
from torch import nn

from stn.models import build_model
from stn.recipes import get_recipe
from stn.training.optim import OPTIMIZERS, Muon, make_optimizer, orthogonalized
from tests.helpers import TUNED


def test_orthogonalized_keeps_the_directions_and_evens_the_sizes(generator):
    for shape in ((20, 30), (30, 20)):
        matrix = torch.randn(shape, generator=generator)
        u, _, v = torch.linalg.svd(matrix, full_matrices=False)
        made = u.mT @ orthogonalized(matrix) @ v.mT
        sizes = made.diag()
        assert sizes.min() > 0.6 and sizes.max() < 1.25
        assert (made - torch.diag(sizes)).abs().max() < 1e-4


def test_orthogonalized_is_never_nan():
    assert torch.equal(orthogonalized(torch.zeros(3, 4)), torch.zeros(3, 4))


@pytest.mark.parametrize("shape", [(12, 5), (5, 12)])
def test_muon_does_to_a_matrix_what_pytorch_s_own_does(shape, generator):
    ours = nn.Parameter(torch.randn(shape, generator=generator))
    start = ours.detach().clone()
    theirs = nn.Parameter(start.clone())
    muon = Muon([{"params": [ours], "orthogonal": True}], lr=0.05, weight_decay=0.1)
    own = torch.optim.Muon([theirs], lr=0.05, weight_decay=0.1, adjust_lr_fn="match_rms_adamw")
    for _ in range(5):
        ours.grad = torch.randn(shape, generator=generator)
        theirs.grad = ours.grad.clone()
        muon.step()
        own.step()
    # PyTorch's own multiplies its matrices in bfloat16.
    torch.testing.assert_close(ours - start, theirs - start, atol=2e-3, rtol=0)


def test_muon_moves_the_convolutions_and_adamw_all_else(generator):
    """Muon's moves do not know how large the gradient is; what AdamW does is what AdamW alone would have done."""
    x = torch.rand(8, 1, 28, 28, generator=generator, dtype=torch.double)
    moved = {}
    for name, scale in (("muon", 100.0), ("muon", 300.0), ("adamw", 100.0)):
        torch.manual_seed(0)
        model = build_model(get_recipe("mnist-r-cnn").model).double().eval()
        optimizer = make_optimizer(model, replace(TUNED.train, optimizer=name))
        before = {key: parameter.detach().clone() for key, parameter in model.named_parameters()}
        (scale * model(x).square().sum()).backward()
        optimizer.step()
        moved[name, scale] = {key: p.detach() - before[key] for key, p in model.named_parameters()}
    convolutions = [key for key, move in moved["adamw", 100.0].items() if move.ndim == 4]
    assert len(convolutions) == 5
    for key, move in moved["muon", 100.0].items():
        if key in convolutions:
            torch.testing.assert_close(move, moved["muon", 300.0][key], atol=1e-6, rtol=1e-3)
        assert torch.equal(move, moved["adamw", 100.0][key]) == (key not in convolutions), key


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_step_takes_a_closure_and_returns_its_loss(name, generator):
    """As torch.optim.Optimizer says: it computes the loss and its gradients anew, here for the first time."""
    x = torch.rand(4, 1, 28, 28, generator=generator)
    moved = []
    for closing in (False, True):
        torch.manual_seed(0)
        model = build_model(get_recipe("mnist-r-cnn").model).eval()
        optimizer = make_optimizer(model, replace(TUNED.train, optimizer=name))
        losses = []

        def closure(model=model, optimizer=optimizer, losses=losses):
            optimizer.zero_grad()
            losses.append(model(x).square().sum())
            losses[-1].backward()
            return losses[-1]

        if closing:
            with torch.no_grad():  # which is no concern of the closure
                assert optimizer.step(closure) is losses[0] and len(losses) == 1
        else:
            closure()
            assert optimizer.step() is None
        moved.append([parameter.detach().clone() for parameter in model.parameters()])
    assert all(map(torch.equal, *moved))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_updates_are_pytorch_s_own(name, generator):
    """Ours differ in nothing but what they tell PyTorch's compiler; Muon on vectors is AdamW."""
    theirs = torch.optim.SGD if name == "sgd" else torch.optim.AdamW
    options = {"momentum": 0.9, "nesterov": True} if name == "sgd" else {"betas": (0.9, 0.99)}
    start = torch.randn(7, generator=generator)
    ours, other = nn.Parameter(start.clone()), nn.Parameter(start.clone())
    group = {"params": [ours], "orthogonal": False}
    config = replace(TUNED.train, optimizer=name, momentum=0.9, nesterov=True)
    optimizer = type(make_optimizer(nn.Linear(2, 2), config))([group], lr=0.1, weight_decay=0.1, **options)
    own = theirs([other], lr=0.1, weight_decay=0.1, **options)
    for _ in range(3):
        for parameter in (ours, other):
            parameter.grad = torch.ones_like(parameter)
        optimizer.step()
        own.step()
        optimizer.zero_grad()
        assert ours.grad is None and not torch.equal(ours, start)
        torch.testing.assert_close(ours, other, rtol=0, atol=0)
    optimizer.load_state_dict(own.state_dict() | {"param_groups": optimizer.state_dict()["param_groups"]})
