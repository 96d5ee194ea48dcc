"""The lesson's five exercises: what is asked, with which choices, on which image."""

from __future__ import annotations

from demo.tabs.lesson.answers import does_it_crop, what_is_up, where_it_looks, which_way, who_fails_first
from demo.tabs.lesson.bench import Exercise
from stn.distort import Controls

EXERCISES = (
    Exercise(
        "Which way does theta turn?",
        "This 5 was turned 40\u00b0 counter-clockwise. For each output pixel, theta says where in the input to read. "
        "How does the sampling grid lie on the input, so that the output stands upright?",
        (
            "Turned counter-clockwise, like the digit",
            "Turned clockwise, against the digit",
            "Not turned: only the output is",
        ),
        5,
        Controls(rotation=40),
        "rotation",
        which_way,
    ),
    Exercise(
        "Where does it look?",
        "This digit was shrunk to 0.7 and shifted right by 0.3, where 1 is half the image. What will theta's scale be, "
        "and its shift t_x?",
        (
            "Scale below 1 and t_x above 0: a small frame on the right",
            "Scale above 1 and t_x below 0: enlarge it and move it back",
            "Scale 1 and t_x 0: the classifier copes",
        ),
        3,
        Controls(scale=0.7, shift_x=0.3),
        "shift_x",
        where_it_looks,
    ),
    Exercise(
        "Which network fails first?",
        "Twenty digits, two of each class, are turned from 0\u00b0 to 90\u00b0. Both networks were trained on turned "
        "digits. Which is the first to get more than one in ten wrong?",
        ("The plain CNN", "The spatial transformer network", "Neither before the other, up to 90\u00b0"),
        2,
        Controls(rotation=90),
        "rotation",
        who_fails_first,
    ),
    Exercise(
        "Does it crop the clutter away?",
        "Eight patches cut from other digits lie around this 4. What can an affine transformer do about them?",
        (
            "Leave out those outside its frame; those inside stay",
            "Erase them, wherever they are",
            "Nothing: it does not see them",
        ),
        4,
        Controls(scale=1.2, clutter=8),
        "clutter",
        does_it_crop,
    ),
    Exercise(
        "What if nothing says which way is up?",
        "After half a turn, a 1 still looks like a 1. This one lies on its side, turned by 90\u00b0. What does the "
        "transformer do?",
        (
            "Turns it back clockwise, until it is upright",
            "Turns it further, until it is upside down",
            "Leaves it on its side, or at a slant",
        ),
        1,
        Controls(rotation=90),
        "rotation",
        what_is_up,
    ),
)
