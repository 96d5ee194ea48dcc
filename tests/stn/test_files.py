import pickle
import subprocess
import sys

import numpy as np
import pytest

import stn
from stn import load_checkpoint
from stn.data import load_arrays, load_dataset
from stn.files import read_arrays
from tests.helpers import real_data

WITHOUT = """
import sys, stn
import stn.config, stn.controls, stn.data, stn.evaluation.table, stn.files, stn.recipes
stn.files.read_arrays(stn.shipped.find_checkpoint("mnist-play-affine"))
stn.get_recipe("mnist-play-affine")
assert "torch" not in sys.modules
import stn.checkpoint  # which imports the module stn.explain
from stn import *
print(stn.explain is explain, callable(explain), SpatialTransformer.__name__)
"""


@pytest.mark.slow
def test_files_and_recipes_are_read_without_pytorch_and_the_package_is_whole_with_it():
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, timeout=300)
    assert done.stdout == "True True SpatialTransformer\n", done.stderr


def test_every_public_name_is_there_and_no_other():
    assert set(stn.__all__) <= set(dir(stn)) and all(getattr(stn, name) for name in stn.__all__)
    with pytest.raises(AttributeError, match="'stn' has no attribute 'explian'"):
        stn.explian  # noqa: B018


def test_arrays_of_a_checkpoint_are_the_networks_weights():
    model, info = load_checkpoint("cifar10-play-affine")
    arrays, _ = read_arrays(info.path)
    for name, tensor in model.state_dict().items():
        assert np.array_equal(arrays[name], tensor.numpy()), name


@pytest.mark.slow
@pytest.mark.parametrize("name", ["mnist", "cifar10"])
def test_arrays_of_a_data_set_are_those_that_torchvision_reads(name):
    from stn._torchvision import import_torchvision

    real_data(name)
    info, data = stn.data.dataset_info(name), load_dataset(name, "test", download=False)
    images, labels = load_arrays(name, "test")
    theirs = getattr(import_torchvision().datasets, info.torchvision_name)(stn.data.default_data_dir(), train=False)
    shown = np.asarray(theirs.data).reshape(-1, info.size, info.size, info.channels).transpose(0, 3, 1, 2)
    assert np.array_equal(images, shown) and labels.tolist() == list(map(int, theirs.targets))
    assert np.array_equal(images, data.images.numpy())


def test_the_package_travels_to_other_processes_by_its_name():
    assert pickle.loads(pickle.dumps(stn)) is stn
