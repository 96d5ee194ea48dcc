"""The result tables: what a row says, which rows stand together, and what a CNN is compared with."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from stn import StnError
from stn.evaluation.table import END, START, Row, markdown_table, table_rows, with_table, write_table
from stn.recipes import get_recipe, list_recipes, plain_cnn_of, recipe_groups


def test_a_file_without_markers_gets_no_table():
    for text in ("no table here", f"{END} {START}", f"{START} {START} {END}"):
        with pytest.raises(StnError, match="once each"):
            with_table(text, [])


def test_a_file_that_is_no_text_gets_no_table(tmp_path):
    file = tmp_path / "a.md"
    file.write_bytes(b"\xff\xfe")
    with pytest.raises(StnError, match=r"cannot be written into '.*a\.md': 'utf-8' codec"):
        write_table(file, [])
    assert file.read_bytes() == b"\xff\xfe"


def test_rows_say_what_was_measured():
    row = Row(
        name="some",
        error_mean=1.256,
        error_sd=0.104,
        n_seeds=3,
        shipped_error=1.2,
        params=27360,
        minutes=2.04,
        device="cpu",
        taught="no",
        published=1.14,
        theta_constant=True,
        pose_left=11.96,
        gain=0.3,
        gain_sds=1.5,
    )
    keys = "name error_mean error_sd n_seeds shipped_error params minutes device published theta_constant pose_left"
    assert [*row.to_dict()] == [*keys.split(), "taught", "gain", "gain_sds"], "what `table --json` calls them"
    heads, _, line = markdown_table([row]).splitlines()
    assert line == (
        "| `some` | 1.26 ± 0.10 | 3 | 1.20 | 1.14 | 0.30, within 2 sd | 12.0° | 27,360 | 2.0 | no | collapsed |"
    )
    for device in ("cuda", "cuda:0"):
        assert "| 2.0 (GPU) |" in markdown_table([replace(row, device=device)])
    assert "| 2.0 (GPU, CPU) |" in markdown_table([replace(row, device="cuda (epochs 1 to 4), cpu")])
    assert "| -0.50 |" in markdown_table([replace(row, gain=-0.5, gain_sds=-5)])  # surely worse
    without = replace(row, published=None, pose_left=None)
    _, _, line = markdown_table([without]).splitlines()
    assert line == "| `some` | 1.26 ± 0.10 | 3 | 1.20 | 0.30, within 2 sd | 27,360 | 2.0 | no | collapsed |"
    assert "| Published, % |" in heads and "Published" not in markdown_table([without])
    assert "Published" in markdown_table([without, row])


def test_a_variant_stands_below_what_it_varies():
    names = ("mnist-rts-affine-both", "mnist-tutorial-tuned", "mnist-rts-cnn", "mnist-rts-affine", "mnist-tutorial")
    assert recipe_groups(names) == {
        "The five printed systems": ["mnist-tutorial"],
        "The same networks with our recipe": ["mnist-tutorial", "mnist-tutorial-tuned"],
        "Distorted MNIST": ["mnist-rts-cnn", "mnist-rts-affine"],
        "Where the transformer stands": ["mnist-rts-affine", "mnist-rts-affine-both"],
    }
    assert set().union(*recipe_groups(list_recipes()).values()) == set(list_recipes())


def test_an_stn_is_compared_with_the_cnn_of_its_set():
    names = ("c-rsc-cnn", "c-rsc-affine", "c-rsc-small-cnn", "c-rsc-small-affine-alone", "c-tutorial")
    assert [plain_cnn_of(name, names) for name in names] == [None, names[0], None, names[2], None]

    def info(name, *accuracies):
        seeds = [{"accuracy": a} for a in accuracies]
        record = {"seeds": seeds, "params": 1, "minutes": 1.0, "device": "cpu", "theta": None}
        result = {"accuracy": accuracies[0]}
        return SimpleNamespace(name=name, record=record, recipe=get_recipe(name), result=result)

    cnn, stn, one_seed, lone = table_rows(
        [
            info("mnist-r-cnn", 98.0, 98.2),
            info("mnist-r-affine", 99.0, 99.1),
            info("mnist-r-tps", 98.1),
            info("mnist-rts-tps", 1.0),
        ]
    )
    assert cnn.gain is None
    assert stn.gain == pytest.approx(0.95)
    assert stn.gain_sds == pytest.approx(0.95 / (0.2 / 2**0.5))
    assert one_seed.gain == pytest.approx(0.0) and one_seed.gain_sds is None
    assert lone.gain is None  # its CNN is not there: no other set's stands in
