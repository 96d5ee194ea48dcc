"""Deer."""

from .canvas import Canvas, join
from .scenery import FOREST, grass, legs, meadow


def antlers(c, x, y, size=1.0, spread=1.0, colour=(150, 122, 88)):
    for side in (-1, 1):

        def at(dx, dy, r, side=side):
            return x + side * spread * size * dx, y + size * dy, r * size

        beam = c.limb(at(0.5, 0, 0.45), at(2.6, -1.6, 0.42), at(3.4, -4.2, 0.36), at(2.4, -6.6, 0.2))
        tines = [
            c.limb(at(2.4, -1.4, 0.35), at(1.4, -3.4, 0.15)),
            c.limb(at(3.2, -3, 0.35), at(5, -4.6, 0.15)),
            c.limb(at(3.4, -4.4, 0.3), at(4.6, -6.6, 0.12)),
        ]
        c.paint(join(beam, *tines), colour, 0.4, 1.0, 0.05)


def deer(c, coat, dark, belly, horns=True, facing=False):
    """From the side, its head to the left, or `facing` the viewer."""
    c.shadow(c.oval(17, 28.4, 9, 0.9), 0.5, 0.6)
    legs(
        c,
        coat,
        dark,
        (40, 32, 28),
        [
            ((13.2, 19), (13.8, 23), (13.4, 27.4)),
            ((22.6, 18.6), (23.6, 23), (22.6, 27.2)),
            ((11.4, 19), (11, 23.2), (11.2, 28)),
            ((24.8, 18), (26, 22.8), (25.2, 28)),
        ],
        0.68,
    )
    torso = c.limb((11.4, 16.4, 2.7), (14.6, 16.8, 3.2), (19.6, 16.4, 2.6), (23.6, 16, 3.1), (25.4, 16.2, 2.2))
    neck = c.limb((11.6, 15.8, 2.6), (9.4, 12.6, 1.8), (8, 9.2, 1.45))
    under = c.limb((13, 20, 0.8), (18, 20.2, 0.9), (23, 19.4, 0.8))
    c.paint(c.limb((27, 14.4, 0.7), (28, 16.6, 0.6)), (238, 234, 226), 0.5)
    marks = [(under, belly), (c.limb((9, 15.4, 0.5), (7.4, 11.4, 0.6)), belly)]
    if facing:
        c.paint(join(torso, neck), coat, 1.5, 1.2, 0.08, marks=marks)
        if horns:
            antlers(c, 8, 6, 0.8, 1.1)
        for s in (-1, 1):
            ear = c.blob((8 + 1.2 * s, 6.6), (8 + 3.2 * s, 5), (8 + 5 * s, 4.8), (8 + 3.8 * s, 7), (8 + 1.8 * s, 8))
            c.paint(ear, coat, 0.5, 1, marks=[(c.oval(8 + 3.3 * s, 6.1, 1.1, 0.5, -25 * s), (214, 178, 156))])
        face = c.blob((6.2, 6.2), (8, 5.4), (9.8, 6.2), (9.9, 8.2), (9.1, 10.6), (8, 11.8), (6.9, 10.6), (6.1, 8.2))
        c.paint(face, coat, 0.9, 1.2, 0.06, marks=[(c.oval(8, 11, 1.1, 0.9), belly)])
        for s in (-1, 1):
            c.flat(c.oval(8 + 1.35 * s, 7.8, 0.45, 0.45), (14, 10, 8))
        c.flat(c.oval(8, 10.9, 0.75, 0.55), (24, 20, 18))
        return
    head = c.limb((8, 8.2, 1.6), (6.4, 9.6, 1.25), (4.4, 11.2, 0.8))
    if horns:
        antlers(c, 8.2, 7, 0.92)
    c.paint(join(torso, neck, head), coat, 1.5, 1.2, 0.08, marks=marks)
    for tip in (((8.6, 7.2), (12.2, 5.4), (10, 8.4)), ((7.2, 6.8), (4.4, 4.6), (6.2, 7.6))):
        c.paint(c.blob(*tip), coat, 0.4)
    c.flat(c.oval(4, 11.2, 0.65, 0.55), (24, 20, 18))
    c.flat(c.oval(6.7, 8.6, 0.42, 0.4), (14, 10, 8))


def deer_stag():
    c = Canvas(401)
    meadow(c, 18)
    deer(c, (150, 100, 58), (100, 66, 40), (208, 184, 150))
    grass(c, 27)
    return c.finish(1.08)


def deer_doe():
    """A hind with a spotted back, her head to the right."""
    c = Canvas(402)
    c.backdrop((0, (116, 134, 76)), (20, (148, 160, 96)), mottle=0.1, grain=6)
    c.bokeh([(96, 116, 60), (128, 144, 80), (80, 100, 52)], 40, (2, 4), (0, 0, 32, 16), 1.4, 0.7)
    c.ground(21, (112, 134, 58), (146, 158, 90), 0.12, 1.4, 2)
    c.place(1, 0, 0, flip=True)
    deer(c, (170, 112, 62), (116, 76, 46), (226, 206, 176), horns=False, facing=True)
    for _ in range(26):
        c.flat(c.oval(c.rng.uniform(13, 26), c.rng.uniform(14, 17.4), 0.35, 0.3), (238, 222, 196), 0.85)
    grass(c, 26.5, 110, ((96, 126, 48), (140, 154, 78), (164, 168, 98)))
    return c.finish(1.08)


def deer_face():
    """A stag's head from the front."""
    c = Canvas(403)
    c.backdrop((0, (70, 92, 54)), (32, (104, 126, 66)), mottle=0.12, grain=7)
    c.bokeh(FOREST, 50, (2, 4.5), (0, 0, 32, 32), 1.6, 0.7)
    coat, pale = (152, 104, 64), (216, 194, 162)
    c.paint(
        c.blob((11.4, 19), (20.6, 19), (24.6, 28), (26, 34), (6, 34), (7.6, 28)),
        (136, 92, 56),
        2.4,
        1.3,
        0.1,
        marks=[(c.blob((14.2, 22), (17.8, 22), (18.4, 26), (16, 29.6), (13.6, 26)), pale)],
    )
    antlers(c, 16, 10.6, 1.45, 1.15, (158, 128, 92))
    for s in (-1, 1):
        c.paint(
            c.blob(
                (16 + 3.2 * s, 12.6),
                (16 + 6.6 * s, 10),
                (16 + 9.6 * s, 10.4),
                (16 + 7.6 * s, 13.2),
                (16 + 4.2 * s, 14.6),
            ),
            coat,
            0.8,
            1,
            marks=[(c.oval(16 + 6.6 * s, 11.9, 1.9, 0.8, -20 * s), (204, 170, 150))],
        )
    face = c.blob(
        (12.2, 11.6),
        (16, 10.2),
        (19.8, 11.6),
        (20, 15),
        (18.6, 19.4),
        (18.2, 22.4),
        (16, 23.6),
        (13.8, 22.4),
        (13.4, 19.4),
        (12, 15),
    )
    c.paint(
        face,
        coat,
        1.7,
        1.3,
        0.08,
        marks=[(c.oval(16, 22.6, 2.2, 1.5), pale), (c.limb((16, 12, 1), (16, 18, 0.9)), (112, 74, 46))],
    )
    for s in (-1, 1):
        c.eye(16 + 2.9 * s, 15, 0.85)
    c.paint(c.oval(16, 21.4, 1.5, 1.0), (26, 22, 22), 0.5, 1.0)
    return c.finish(1.08)


def deer_in_snow():
    c = Canvas(404)
    c.backdrop((0, (112, 122, 116)), (19, (138, 146, 142)), mottle=0.06)
    c.bokeh([(78, 92, 80), (100, 110, 102), (64, 76, 68), (132, 138, 136)], 50, (1.4, 3.4), (0, 0, 32, 17), 1.1, 0.8)
    c.ground(21, (214, 219, 226), (196, 203, 211), 0.03, 3, 3)
    c.place(1, 0, 0, flip=True)
    deer(c, (156, 102, 60), (102, 68, 44), (190, 174, 152), facing=True)
    return c.finish(1.05)


DRAWINGS = (
    ("stag in a meadow", deer_stag),
    ("spotted hind", deer_doe),
    ("stag's head, from the front", deer_face),
    ("stag in the snow", deer_in_snow),
)
