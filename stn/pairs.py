"""Pairs of labelled images, whose label is the sum (MNIST addition; Jaderberg et al. 2015, appendix A.1)."""

from __future__ import annotations

import numpy as np

PAIR_SEED = 20150605
PAIRED_AMONG = 5000  # as many as are held out of training


def paired(images: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, 1, H, W) and numbers (N,) to pairs (N, 2, H, W) and their sums (N,), always the same.

    Every image is the first of one pair and the second of another: partners are drawn among each 5,000 images, so that
    the last 5,000 can be held out and the other pairs have none of them.
    """
    random, partners = np.random.default_rng(PAIR_SEED), np.arange(len(labels))
    for start in range(0, len(labels), PAIRED_AMONG):
        random.shuffle(partners[start : start + PAIRED_AMONG])
    return np.concatenate([images, images[partners]], axis=1), labels + labels[partners]
