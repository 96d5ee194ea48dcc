"""What a visitor may choose for a run that is trained live, and what the networks are made of. Pure."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from demo.core.requests import LARGEST, choice, mapping, number, whole
from demo.core.thetas import FAMILIES
from stn.config import PADDINGS, ModelConfig, TrainConfig
from stn.data import dataset_info

MAX_STEPS = 3000
MAX_SEED = LARGEST
RATES = (0.01, 100.0)  # of the classifier's learning rate
LRS = (1e-5, 1.0)
STARTS = ("identity", "random")
PLACEMENTS = ("input", "feature", "none")  # "none": no transformer, the classifier alone
LESSONS = ("labels", "turns")  # what teaches the localisation net: the labels alone, or also the known distortion
TEST_EVERY = 40  # updates
WATCHED = 12  # held-out images that are shown while the network trains


@dataclass(frozen=True)
class Scene:
    """A data set under a distortion of stn.distort, on a canvas of its own; the output is as large as an image of the
    data set everywhere. `widths` are those of the classifier and of the localisation net."""

    label: str
    distortion: str
    canvas: int
    shrink: int  # the localisation net looks at the canvas averaged over so many pixels
    turns: bool  # whether turning is all that it does
    dataset: str = "mnist"
    widths: tuple[int, ...] = (16, 32, 32)
    localizer_widths: tuple[int, ...] = (16, 32)

    @property
    def things(self) -> str:
        """What its images show."""
        return "digits" if self.dataset == "mnist" else "objects"


SCENES = {
    "r": Scene("MNIST: rotation by up to 90°", "r", 28, 1, True),
    "rts": Scene("MNIST: rotation, shift, scale", "rts", 42, 1, False),
    "tc": Scene("MNIST: translation in clutter", "tc", 60, 2, False),
    "cifar10": Scene("CIFAR-10: rotation by up to 90°", "r", 32, 1, True, "cifar10", (32, 64, 64), (16, 32, 64)),
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
    lr: float = OPTIMISER.lr  # the classifier's, where it is highest
    padding: str = "zeros"
    lesson: str = "turns"
    start: str = "identity"
    placement: str = "input"
    seed: int = 0

    def __post_init__(self):
        for name, valid in CHOICES.items():
            choice(name, getattr(self, name), valid)
        object.__setattr__(self, "rate", number("rate", self.rate, *RATES))
        object.__setattr__(self, "lr", number("lr", self.lr, *LRS))
        object.__setattr__(self, "seed", whole("seed", self.seed, 0, MAX_SEED))

    @property
    def scene(self) -> Scene:
        return SCENES[self.distortion]

    @property
    def transforms(self) -> bool:
        """Whether there is a transformer."""
        return self.placement != "none"


CHOICES = {
    "distortion": tuple(SCENES),
    "family": FAMILIES,
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
    """A small network: a localisation net of two or three convolutions, a classifier of three."""
    scene = settings.scene
    info = dataset_info(scene.dataset)
    plain = ModelConfig(
        net="conv",
        channels=info.channels,
        canvas=scene.canvas,
        mean=info.mean,
        std=info.std,
        family=None,
        widths=scene.widths,
        dropout=0.0,  # its numbers would come from a generator that all runs share
    )
    if not settings.transforms:
        return plain
    return replace(
        plain,
        family=settings.family,
        localizer_widths=scene.localizer_widths,
        localizer_hidden=32,
        localizer_shrink=scene.shrink,
        out_size=(info.size, info.size),
        padding=settings.padding,
        average=scene.canvas > info.size,
        placement=settings.placement,
    )


def rate_factor(step: int) -> float:
    """What all learning rates are multiplied with at a step: a rise over the first steps, then a linear fall."""
    return min((step + 1) / WARMUP_STEPS, max(LAST_RATE, 1 - step / MAX_STEPS))


def is_tested(step: int) -> bool:
    """Whether the held-out images are looked at after an update; more often at first, where the curve is steep."""
    return step % (TEST_EVERY // 2 if step <= 3 * TEST_EVERY else TEST_EVERY) == 0
