"""Networks to and from a hub repository or a folder, through huggingface_hub: `pip install stn-playground[hub]`.

A network of one's own needs nothing of this: the layers are plain modules, so a class that also inherits
huggingface_hub.PyTorchModelHubMixin has from_pretrained, save_pretrained and push_to_hub.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from huggingface_hub import ModelCard, ModelCardData, ModelHubMixin, hf_hub_download
from torch import Tensor, nn

from stn.checkpoint import CheckpointInfo, load_checkpoint, save_checkpoint
from stn.data import dataset_info
from stn.errors import StnError, first_line

FILE = "model.safetensors"  # a checkpoint of this package, whole


class HubModel(nn.Module, ModelHubMixin, library_name="stn"):
    """A shipped or trained network as a repository: `model.safetensors`, which rebuilds itself, and a card.

    `checkpoint`: a shipped name or a path. Maps images (B, C, H, W) in [0, 1] to logits (B, classes), as the network
    does; `info` says which it is. Raises StnError as load_checkpoint does.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     HubModel("mnist-play-affine").save_pretrained(folder)
        ...     net = HubModel.from_pretrained(folder)
        >>> net.info.name, net.info.canvas
        ('mnist-play-affine', 60)
    """

    info: CheckpointInfo

    def __init__(self, checkpoint: str | os.PathLike):
        super().__init__()
        self.model, self.info = load_checkpoint(checkpoint)
        self._hub_mixin_config = {"recipe": self.info.name}  # of config.json, by which the hub counts

    def forward(self, images: Tensor) -> Tensor:
        return self.model(images)

    def _save_pretrained(self, save_directory: Path) -> None:
        record = self.info.record
        save_checkpoint(save_directory / FILE, self.info.recipe, self.model, record, record.get("weights", "float32"))

    @classmethod
    def _from_pretrained(
        cls,
        *,
        model_id: str,
        revision: str | None,
        cache_dir: str | Path | None,
        force_download: bool,
        local_files_only: bool,
        token: str | bool | None,
        **model_kwargs: Any,
    ) -> HubModel:
        if os.path.isdir(model_id):
            return cls(Path(model_id) / FILE)
        return cls(
            hf_hub_download(
                model_id,
                FILE,
                revision=revision,
                cache_dir=cache_dir,
                force_download=force_download,
                local_files_only=local_files_only,
                token=token,
            )
        )

    @classmethod
    def from_pretrained(cls, pretrained_model_name_or_path: str | Path, **options: Any) -> HubModel:
        """The network of a folder that save_pretrained wrote, or of a repository, "owner/name".

        `options`: huggingface_hub's own, such as `revision` and `local_files_only`. Raises StnError where there is no
        such network.
        """
        name = str(pretrained_model_name_or_path)
        try:
            return super().from_pretrained(name, **options)
        except (OSError, ValueError) as error:  # the hub's errors are of these: no network, no such repository
            raise StnError(
                f"'{name}' is no folder, and no repository that could be read ({first_line(error)})."
            ) from error

    def generate_model_card(self, *args: Any, **kwargs: Any) -> ModelCard:
        """What the record says of the network: its data, its test result, how it was trained."""
        return ModelCard(model_card(self.info))


def model_card(info: CheckpointInfo) -> str:
    """The README.md of a network's repository."""
    data = ModelCardData(
        license="mit",
        library_name="stn",
        tags=["spatial-transformer", "image-classification"],
        datasets=[info.dataset],
        pipeline_tag="image-classification",
    )
    result, record = info.result, info.record
    rows = {
        "Test accuracy": f"{result['accuracy']:.2f} %" if "accuracy" in result else None,
        "Test images": result.get("n"),
        "Distortion of the test images": info.distortion,
        "Input": f"({info.channels}, {info.canvas}, {info.canvas}), in [0, 1]",
        "Transformer": info.family or "none",
        "Parameters": record.get("params"),
        "Epochs": record.get("epochs"),
        "Minutes": round(record["minutes"], 1) if "minutes" in record else None,
        **{name.capitalize(): record.get(name) for name in ("seed", "device", "torch")},
    }
    table = "\n".join(f"| {name} | {value} |" for name, value in rows.items() if value is not None)
    return f"""---
{data.to_yaml()}
---

# {info.name}

{info.title}. A reference network of the spatial-transformer playground (Jaderberg et al. 2015), trained on
{dataset_info(info.dataset).title}.

| | |
|---|---|
{table}

```python
from stn.hub import HubModel

net = HubModel.from_pretrained("this repository's name")
logits = net(images)  # (B, {info.channels}, {info.canvas}, {info.canvas}) in [0, 1]
```
"""
