"""The lesson's six exercises: what is asked, with which choices, on which images."""

from __future__ import annotations

from demo.tabs.lesson.answers import (
    SWEEP,
    upright_only,
    what_clutter_does,
    what_is_up,
    what_it_looks_at,
    where_it_looks,
    which_way,
)
from demo.tabs.lesson.bench import Exercise
from stn.controls import Controls

EXERCISES = (
    Exercise(
        "How does theta turn?",
        "This 5 was turned 40\u00b0 counter-clockwise. For each output pixel, theta says where in the input to read. "
        "How does the sampling grid lie on the input, so that the output stands upright?",
        (
            "Turned counter-clockwise, like the digit",
            "Turned clockwise, against the digit",
            "Not turned: only the output is",
        ),
        Controls(rotation=40),
        "rotation",
        which_way,
        digit=5,
    ),
    Exercise(
        "Where does it look?",
        "This 3 was shrunk to 0.7 and shifted right by 0.3, where 1 is half the image. What will theta's scale be, "
        "and its shift t_x?",
        (
            "Scale below 1 and t_x above 0: a small frame on the right",
            "Scale above 1 and t_x below 0: enlarge it and move it back",
            "Scale 1 and t_x 0: the classifier copes",
        ),
        Controls(scale=0.7, shift_x=0.3),
        "shift_x",
        where_it_looks,
        digit=3,
    ),
    Exercise(
        "Upright digits only",
        "This CNN was trained on upright digits and no others. Here are twenty, two of each class, turned by 90\u00b0. "
        "How many will it get right as it is, and how many if it is given the transformer's output instead?",
        (
            "Fewer than half as it is, half or more behind the transformer",
            "Fewer than half behind the transformer: it was not trained with one",
            "Half or more both ways: a turned digit is still that digit",
        ),
        Controls(rotation=90),
        "rotation",
        upright_only,
        compare="upright",
        angles=tuple(angle for angle in SWEEP if angle >= 0),
    ),
    Exercise(
        "What about clutter?",
        "Eight patches cut from other digits were added to this 4. What will the transformer's frame do?",
        (
            "Stay: what lies outside it is left out, what lies inside stays",
            "Move: the patches pull it aside or make it grow",
            "Stay, and have the patches inside it erased",
        ),
        Controls(scale=1.2, clutter=8),
        "clutter",
        what_clutter_does,
        digit=4,
    ),
    Exercise(
        "Which way is up?",
        "Twenty digits lie on their side, and only their shape says which way is up. How many will the transformer "
        "leave more than 45\u00b0 from upright?",
        ("None", "Some, at most a quarter of them", "More than a quarter"),
        Controls(rotation=90),
        "rotation",
        what_is_up,
        compare="upright",
        angles=SWEEP,
        marked="off",
    ),
    Exercise(
        "Content or edges?",
        "Twenty CIFAR-10 images, two of each class, were turned by 30\u00b0, and their edges are hidden: around a disc "
        "all is black. As long as the edges show, the transformer brings most of them to within 10\u00b0 of upright. "
        "How many now?",
        (
            "As many or more: what shows which way is up is inside the disc",
            "Fewer, but at least half as many: the edges help",
            "Fewer than half as many: it looks at the edges",
        ),
        Controls(rotation=30, edges="hidden"),
        "rotation",
        what_it_looks_at,
        dataset="cifar10",
        compare="upright",
        angles=tuple(range(-60, 61, 30)),
        marked="off",
        upright=10,
    ),
)
