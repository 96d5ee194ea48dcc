"""Work on many machines with Ray, which is an optional dependency: pip install ray.

A task that ends because its process or its machine does is given to another one.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any, TypeVar

from stn.errors import StnError

LOCAL = "local"  # as an address: all cores of this computer, for as long as the work takes
ALONE: dict[str, Any] = {"include_dashboard": False}  # of a Ray that is started here
RETRIES = 5  # of a task whose worker was lost
Job = TypeVar("Job")
Result = TypeVar("Result")


def on_ray(
    address: str, jobs: Sequence[Job], work: Callable[[Job], Result], cpus: int = 1, gpus: int = 0
) -> Iterator[tuple[Job, Result | StnError]]:
    """Every job with what work(job) returned, or why it did not, in the order in which they end.

    cpus, gpus: of a task. Raises StnError where there is no Ray, or none at the address.
    """
    ray = _ray()
    try:
        ray.init(address, log_to_driver=False, logging_level="ERROR", **(ALONE if address == LOCAL else {}))
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise StnError(f"No Ray at {address!r}; start one with `ray start --head`, or give {LOCAL}.") from error
    try:
        task = ray.remote(num_cpus=cpus, num_gpus=gpus, max_retries=RETRIES)(work)
        waiting = {task.remote(job): job for job in jobs}
        while waiting:
            [ended], _ = ray.wait(list(waiting))
            yield waiting.pop(ended), _outcome(ray, ended)
    finally:
        ray.shutdown()


def _ray() -> ModuleType:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # it would tell its makers
    try:
        import ray
    except ImportError as error:
        raise StnError("Ray is not installed; run `pip install ray`, or leave out --ray.") from error
    return ray


def _outcome(ray: ModuleType, ended: object) -> Any:
    """What a task returned, or a StnError: one that fails stops no other."""
    try:
        return ray.get(ended)
    except ray.exceptions.RayTaskError as error:
        cause = error.cause
        return cause if isinstance(cause, StnError) else StnError(f"{type(cause).__name__}: {cause}")
    except ray.exceptions.RayError as error:
        return StnError(f"Its worker was lost {RETRIES + 1} times ({type(error).__name__}).")
