"""In the first epochs of some recipes only the known distortion teaches: all of every localisation net, no more."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn

from stn.config import Recipe
from stn.explain import run_to_last, transformers_of, watch
from stn.models import build_model
from stn.recipes import get_recipe, list_recipes
from stn.training.engine import Run
from tests.helpers import bars, short


def kinds() -> list[str]:
    """A recipe with pose epochs for every kind of network and transformer that there is."""
    found = {}
    for name, recipe in list_recipes().items():
        model = recipe.model
        if recipe.train.pose_epochs:
            kind = (model.net, model.family, model.placement, model.iterations, bool(model.localizer_zoom))
            found.setdefault((*kind, model.localizer_sides, model.localizer_decides, model.transformers), name)
    return sorted(found.values())


def small_run(name: str, batch: int = 4, steps: int = 3) -> Run:
    """A run of the recipe for three epochs of a few small batches, the first two of them pose epochs."""
    recipe: Recipe = get_recipe(name)
    train = replace(recipe.train, epochs=3, pose_epochs=2, batch_size=batch, precision="fp32")
    return Run(replace(recipe, train=train), bars(batch * steps, recipe.dataset), 0, torch.device("cpu"))


def parameters_of(model: nn.Module) -> dict[str, Tensor]:
    return {name: parameter.detach().clone() for name, parameter in model.named_parameters()}


def test_there_are_kinds_with_transformers_at_every_place():
    placements = {get_recipe(name).model.placement for name in kinds()}
    assert placements == {"input", "feature", "both"}
    assert {get_recipe(name).model.net for name in kinds()} == {"reference", "conv", "airbench"}
    assert {get_recipe(name).model.transformers for name in kinds()} == {1, 2}
    assert len(kinds()) > 12


@pytest.mark.parametrize("name", kinds())
def test_a_pose_epoch_teaches_every_part_of_every_transformer_and_no_layer_behind_the_last(name):
    run = small_run(name)
    before = parameters_of(run.model)
    run.epoch(1, lambda report: None)
    moved = {key for key, value in parameters_of(run.model).items() if not torch.equal(value, before[key])}
    places = list(run.transformers)
    assert len(places) == (2 if run.recipe.model.placement == "both" else run.recipe.model.transformers)
    located = {key for key in before if any(key.startswith(f"{place}.localizer.") for place in places)}
    assert located and located <= moved, sorted(located - moved)
    order = list(before)
    behind = order[max(map(order.index, located)) + 1 :]
    assert behind and not moved & set(behind)


@pytest.mark.parametrize("name", ["mnist-rts-affine", "mnist-rts-affine-feature", "mnist-rts-affine-both"])
def test_every_localisation_net_has_its_whole_schedule_and_the_classifier_its_own_afterwards(name):
    run = small_run(name)
    run.steps = 100
    pose_steps = run.config.pose_epochs * run.steps
    located = {id(p) for t in run.transformers.values() for p in t.localizer.parameters()}
    rates: dict[bool, list[float]] = {True: [], False: []}
    for step in range(run.config.epochs * run.steps):
        run.set_rates(step)
        for group in run.optimizer.param_groups:
            assert {id(p) in located for p in group["params"]} == {group["locates"]}
        for group in {g["locates"]: g for g in run.optimizer.param_groups}.values():
            rates[group["locates"]].append(group["lr"] / group["base_lr"])
    assert max(rates[True][:pose_steps]) == pytest.approx(1) and rates[True][-1] < 0.01
    assert max(rates[False][:pose_steps]) <= rates[False][pose_steps] == pytest.approx(1 / 20), "it has not begun"
    assert max(rates[False][pose_steps:]) == pytest.approx(1) and rates[False][-1] < 0.02


def test_where_the_only_transformer_stands_first_its_localisation_net_runs_alone(monkeypatch):
    run, ran = small_run("mnist-play-affine"), []
    for name, module in run.model.named_modules():
        module.register_forward_hook(lambda module, given, out, name=name: ran.append(name))
    run.step(torch.arange(4), torch.Generator().manual_seed(0), True, [])
    assert ran and all(name.startswith("net.stn.localizer") for name in ran)


def test_running_as_far_as_the_last_transformer_gives_what_the_whole_model_gives(generator):
    rts = ("mnist-rts-affine", "mnist-rts-affine-both", "mnist-rts-affine-iterated")
    for name in (*rts, "mnist-addition-affine-parallel"):
        torch.manual_seed(0)
        config = get_recipe(name).model
        model = build_model(config).eval()
        transformers = transformers_of(model)
        for transformer in transformers.values():  # not at the identity
            nn.init.normal_(transformer.localizer.head[-1].weight, std=0.1)
        x = torch.rand(3, config.channels, 42, 42, generator=generator)
        with watch(transformers) as whole:
            model(x)
        with watch(transformers) as seen:
            seen.append(run_to_last(model, transformers, x))
        assert [one.name for one in seen] == [one.name for one in whole] == list(transformers)
        for a, b in zip(seen, whole, strict=True):
            assert a.sampler is b.sampler and torch.equal(a.theta, b.theta) and torch.equal(a.input, b.input)
        assert not any(transformer.sampler._forward_pre_hooks for transformer in transformers.values())


def test_an_epoch_after_the_pose_epochs_moves_all_that_learns():
    recipe = short("mnist-rts-affine-both", pose_epochs=1)
    recipe = replace(recipe, train=replace(recipe.train, batch_size=8, precision="fp32"))
    run = Run(recipe, bars(32), 0, torch.device("cpu"))
    run.epoch(1, lambda report: None)
    before = parameters_of(run.model)
    run.epoch(2, lambda report: None)
    assert all(not torch.equal(value, before[key]) for key, value in parameters_of(run.model).items())
