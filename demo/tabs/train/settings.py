"""What a visitor may choose for a run that is trained live, and what the networks are made of. Pure."""

from __future__ import annotations

from dataclasses import dataclass, fields

from demo.core.requests import LARGEST, choice, mapping, number, whole
from stn.config import TrainConfig
from stn.data import dataset_info
from stn.families import FAMILY_NAMES
from stn.geometry import PADDINGS
from stn.models import ModelConfig

MAX_STEPS = 3000
MAX_SEED = LARGEST
RATES = (0.01, 100.0)  # of the classifier's learning rate
STARTS = ("identity", "random")
PLACEMENTS = ("input", "feature")
LESSONS = ("labels", "turns")  # what teaches the localisation net: the labels alone, or also the known distortion


@dataclass(frozen=True)
class Scene:
    """A distortion of stn.distort on a canvas of its own; the output is as large as an MNIST image everywhere."""

    label: str
    canvas: int
    shrink: int  # the localisation net looks at the canvas averaged over so many pixels
    turns: bool  # whether turning is all that it does


SCENES = {
    "r": Scene("Rotation by up to 90°", 28, 1, True),
    "rts": Scene("Rotation, translation, scale", 42, 1, False),
    "tc": Scene("Translation in clutter", 60, 2, False),
}
# Larger batches see no more images a second on one core, and the class sees fewer updates.
CLIP_NORM = 1.0
OPTIMISER = TrainConfig(
    epochs=1, batch_size=64, optimizer="adamw", lr=4e-3, weight_decay=1e-2, schedule="one-cycle", clip_norm=CLIP_NORM
)
WARMUP_STEPS = 60
LAST_RATE = 0.02  # of the learning rate at MAX_STEPS


@dataclass(frozen=True)
class Settings:
    """One run's settings. Raises StnError for a value that there is not."""

    distortion: str = "r"
    family: str = "affine"
    rate: float = 0.1  # the localisation net's learning rate, of the classifier's
    padding: str = "zeros"
    lesson: str = "turns"
    start: str = "identity"
    placement: str = "input"
    seed: int = 0

    def __post_init__(self):
        for name, valid in CHOICES.items():
            choice(name, getattr(self, name), valid)
        object.__setattr__(self, "rate", number("rate", self.rate, *RATES))
        object.__setattr__(self, "seed", whole("seed", self.seed, 0, MAX_SEED))

    @property
    def scene(self) -> Scene:
        return SCENES[self.distortion]


CHOICES = {
    "distortion": tuple(SCENES),
    "family": FAMILY_NAMES,
    "padding": PADDINGS,
    "lesson": LESSONS,
    "start": STARTS,
    "placement": PLACEMENTS,
}
# Failures to try at one click: what they change in the settings above.
FAILURES: dict[str, dict[str, object]] = {
    "rate": {"rate": 30.0, "lesson": "labels"},
    "start": {"start": "random", "lesson": "labels"},
    "feature": {"placement": "feature"},
}


def parse_settings(given: object) -> Settings:
    """The settings in a browser's request; every key has a default. Raises StnError."""
    return Settings(**mapping("settings", given, tuple(field.name for field in fields(Settings))))


def model_config(settings: Settings) -> ModelConfig:
    """A small network: a localisation net of two convolutions, a classifier of three."""
    info, scene = dataset_info("mnist"), settings.scene
    return ModelConfig(
        net="conv",
        channels=info.channels,
        canvas=scene.canvas,
        mean=info.mean,
        std=info.std,
        family=settings.family,
        widths=(16, 32, 32),
        localizer_widths=(16, 32),
        localizer_hidden=32,
        localizer_shrink=scene.shrink,
        dropout=0.0,  # its numbers would come from a generator that all runs share
        out_size=(info.size, info.size),
        padding=settings.padding,
        average=scene.canvas > info.size,
        placement=settings.placement,
    )


def rate_factor(step: int) -> float:
    """What all learning rates are multiplied with at a step: a rise over the first steps, then a linear fall."""
    return min((step + 1) / WARMUP_STEPS, max(LAST_RATE, 1 - step / MAX_STEPS))
