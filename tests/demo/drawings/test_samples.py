"""The embedded drawings: what a page without a data set relies on."""

import dataclasses
from collections import Counter

import numpy as np
import pytest

from demo.drawings.samples import OBJECTS, Sample, samples
from stn import StnError

SHAPES = {"mnist": (28, 28, 1), "cifar10": (32, 32, 3)}


@pytest.fixture(params=list(SHAPES))
def dataset(request):
    return request.param


def test_every_image_has_the_shape_and_type_of_its_data_set(dataset):
    for s in samples(dataset):
        assert s.image.shape == SHAPES[dataset], s.name
        assert s.image.dtype == np.uint8, s.name


def test_at_least_three_drawings_a_class_in_class_order(dataset):
    labels = [s.label for s in samples(dataset)]
    assert labels == sorted(labels)
    count = Counter(labels)
    assert set(count) == set(range(10))
    assert min(count.values()) >= 3


def test_the_classes_stand_in_the_order_of_the_data_set():
    assert " ".join(OBJECTS) == "airplane automobile bird cat deer dog frog horse ship truck"


def test_names_are_unique_and_say_the_class(dataset):
    drawn = samples(dataset)
    assert len({s.name for s in drawn}) == len(drawn)
    for s in drawn:
        start = f"digit {s.label}, " if dataset == "mnist" else f"{list(OBJECTS)[s.label]}: "
        assert s.name.startswith(start)


def test_no_two_drawings_are_the_same_image(dataset):
    assert len({s.image.tobytes() for s in samples(dataset)}) == len(samples(dataset))


def test_drawing_again_gives_the_same_pixels(dataset):
    again = samples.__wrapped__(dataset)
    assert again is not samples(dataset)
    for a, b in zip(samples(dataset), again, strict=True):
        assert (a.name, a.label) == (b.name, b.label)
        np.testing.assert_array_equal(a.image, b.image)


def test_drawing_leaves_the_global_random_state_alone():
    before = np.random.get_state()[1].copy()
    samples.__wrapped__("mnist")
    np.testing.assert_array_equal(before, np.random.get_state()[1])


def test_samples_are_cached_and_read_only(dataset):
    assert samples(dataset) is samples(dataset)
    first = samples(dataset)[0]
    assert isinstance(first, Sample)
    with pytest.raises(ValueError, match=r"read-only"):
        first.image[0, 0] = 0
    with pytest.raises(dataclasses.FrozenInstanceError):
        first.label = 3


def test_digits_are_centred_by_mass_and_keep_a_margin():
    rows, cols = np.indices((28, 28))
    for s in samples("mnist"):
        ink = s.image[..., 0].astype(float)
        centre = np.array([(rows * ink).sum(), (cols * ink).sum()]) / ink.sum()
        assert np.abs(centre - 13.5).max() < 0.5, s.name
        assert ink[[0, -1]].max() == ink[:, [0, -1]].max() == 0, s.name
        high, wide = np.ptp(np.argwhere(ink > 127), axis=0) + 1
        assert 18 <= max(high, wide) <= 20, s.name


def test_digits_are_white_strokes_on_black():
    for s in samples("mnist"):
        assert s.image.max() > 240, s.name
        assert 0.04 < (s.image > 127).mean() < 0.3, s.name


def test_objects_use_colour_and_most_of_the_range():
    for s in samples("cifar10"):
        assert np.percentile(s.image, 98) - np.percentile(s.image, 2) > 90, s.name
        assert np.ptp(s.image.astype(int), axis=2).mean() > 6, s.name


def test_an_unknown_data_set_is_refused_with_the_valid_names():
    with pytest.raises(StnError, match=r"'svhn'.*cifar10, mnist"):
        samples("svhn")
