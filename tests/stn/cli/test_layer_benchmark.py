import json
import math

import torch

from stn.cli import layer_benchmark
from stn.cli.layer_benchmark import benchmark_layer, plain_affine, plain_projective, turned
from stn.cli.main import main
from stn.families import get_family
from stn.modules import Sampler


def test_what_is_compared_gives_the_same_images(generator):
    x = torch.rand(3, 2, 20, 24, generator=generator)
    for name, plain in (("affine", plain_affine), ("projective", plain_projective)):
        family = get_family(name)
        theta = turned(family, 3)
        for average in (False, True):
            out = Sampler(family, None, average=average)(x, theta)
            torch.testing.assert_close(out, plain(x, theta), rtol=0, atol=1e-4)


def test_averaging_holds_no_more_memory_where_nothing_shrinks():
    row = benchmark_layer(repeats=1, size=(4, 3, 64, 64))
    assert row["affine_memory_ratio"] < 1.1 and row["averaging_memory_ratio"] < 1.15
    assert all(math.isfinite(value) and value > 0 for key, value in row.items() if key.endswith(("_ms", "_ratio")))


def test_the_command_prints_it(monkeypatch, capsys):
    monkeypatch.setattr("stn.cli.main.benchmark_layer", lambda: benchmark_layer(1, (2, 1, 16, 16)))
    main(["benchmark", "layer", "--json"])
    assert json.loads(capsys.readouterr().out)["size"] == [2, 1, 16, 16]
    assert layer_benchmark.SIZE == (32, 3, 224, 224)
