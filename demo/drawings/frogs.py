"""Frogs."""

from .canvas import Canvas


def side_frog(c, skin, belly, spot, count):
    """Sitting, three quarters from the side, its head to the left."""
    c.shadow(c.oval(16, 26.4, 13, 1.6), 0.6, 0.6)
    body = c.blob(
        (3.4, 15.6),
        (6, 12),
        (10, 10.4),
        (15, 10.6),
        (21, 13.6),
        (27, 19.6),
        (29, 24),
        (24, 26),
        (14, 26),
        (8.6, 23.4),
        (4.4, 19.6),
    )
    spots = [
        (c.oval(c.rng.uniform(8, 26), c.rng.uniform(11, 22), c.rng.uniform(0.5, 1.4), c.rng.uniform(0.4, 0.9)), spot)
        for _ in range(count)
    ]
    under = c.blob((3, 18.4), (8, 19.2), (12, 21), (13, 26.4), (7, 25.6))
    c.paint(body, skin, 2.2, 1.3, 0.12, marks=[*spots, (under, belly)])
    thigh = c.limb((26.4, 21.6, 2.6), (21.4, 20, 2.6), (17.4, 22.6, 1.9))
    c.paint(thigh, skin, 1.2, 1.5, 0.12, marks=spots[: count // 2])
    c.paint(c.limb((17.4, 23, 1.6), (22, 25.4, 1.2), (26.6, 26.4, 1), (22, 27.2, 0.7)), skin, 0.7, 1.3, 0.12)
    c.paint(c.limb((11, 19.6, 1.9), (11.6, 23, 1.4), (9.8, 26, 1.1), (7.6, 27, 0.8)), skin, 0.8, 1.4, 0.12)
    c.flat(c.limb((3.4, 17.2, 0.2), (7.4, 18.2, 0.28), (11.4, 17.4, 0.2)), tuple(0.3 * v for v in skin), 0.9)
    c.paint(c.oval(8.6, 11.4, 2.4, 2.2), skin, 0.9, 1.3, 0.1)
    c.flat(c.oval(8.2, 11.4, 1.6, 1.5), (204, 160, 60))
    c.flat(c.oval(8.2, 11.4, 1.3, 0.8), (10, 10, 10))
    c.flat(c.oval(7.7, 10.8, 0.4, 0.4), (255, 255, 255), 0.9)
    c.flat(c.oval(12.6, 14.6, 1.1, 1.1), tuple(0.7 * v for v in skin), 0.9, 0.2)


def frog_green():
    """A tree frog on a leaf, from the front."""
    c = Canvas(601)
    c.backdrop((0, (48, 78, 40)), (32, (70, 104, 48)), mottle=0.14, grain=8)
    c.paint(c.blob((-2, 24), (8, 20), (24, 20), (34, 24), (33, 31), (16, 33), (-1, 31)), (88, 130, 52), 2, 0.7, 0.08)
    c.flat(c.limb((-1, 27, 0.2), (16, 25.4, 0.3), (33, 27.4, 0.2)), (142, 172, 96), 0.6, 0.3)
    green, pale = (96, 142, 50), (212, 216, 150)
    c.shadow(c.oval(16, 26.6, 12.4, 1.8), 0.5, 0.7)
    for s in (-1, 1):
        c.paint(
            c.limb(
                (16 + 7 * s, 19, 3), (16 + 11.6 * s, 22.4, 2.3), (16 + 9.4 * s, 26, 1.3), (16 + 12.6 * s, 27.2, 0.9)
            ),
            green,
            1,
            1.3,
            0.07,
        )
    c.paint(
        c.blob((7, 17), (10, 12), (16, 10.6), (22, 12), (25, 17), (24, 22.6), (20, 26), (12, 26), (8, 22.6)),
        green,
        2.4,
        1.3,
        0.07,
        marks=[(c.blob((9.4, 19.6), (16, 20.6), (22.6, 19.6), (22, 25), (16, 27), (10, 25)), pale)],
    )
    for s in (-1, 1):
        c.paint(
            c.limb((16 + 4.6 * s, 21.6, 1.5), (16 + 5.6 * s, 25, 1.1), (16 + 4 * s, 27.4, 1), (16 + 5.4 * s, 28, 1)),
            green,
            0.7,
            1.2,
            0.06,
        )
        c.paint(c.oval(16 + 5.7 * s, 11.8, 2.9, 2.8), green, 1, 1.2, 0.06)
        c.flat(c.oval(16 + 6 * s, 11.8, 1.95, 1.95), (206, 150, 40))
        c.flat(c.oval(16 + 6 * s, 11.8, 1.7, 0.95), (10, 10, 10))
        c.flat(c.oval(16 + 6 * s - 0.7, 11, 0.5, 0.5), (255, 255, 255), 0.9)
    c.flat(
        c.limb((8.4, 18.2, 0.22), (12, 19.9, 0.28), (16, 20.3, 0.28), (20, 19.9, 0.28), (23.6, 18.2, 0.22)),
        (44, 72, 24),
        0.9,
    )
    return c.finish(1.08)


def frog_brown():
    """A brown frog on the ground."""
    c = Canvas(602)
    c.backdrop((0, (96, 84, 64)), (32, (132, 116, 90)), mottle=0.22, grain=3)
    c.bokeh([(88, 96, 56), (112, 88, 60), (70, 62, 48)], 30, (1, 2.6), (0, 0, 32, 14), 0.8, 0.7)
    side_frog(c, (140, 112, 70), (206, 194, 160), (72, 54, 36), 18)
    return c.finish(1.08)


def frog_wet():
    """A green frog on wet earth."""
    c = Canvas(603)
    c.backdrop((0, (70, 66, 50)), (32, (120, 108, 82)), mottle=0.22, grain=3)
    c.ground(22, (78, 84, 56), (98, 104, 68), 0.2, 1.6, 2, soft=1.2)
    c.place(1.08, 0, -0.4, -8, flip=True)
    side_frog(c, (98, 124, 54), (218, 216, 172), (58, 84, 34), 12)
    return c.finish(1.08)


def frog_above():
    """A spotted frog from above."""
    c = Canvas(604)
    c.backdrop((0, (150, 138, 116)), (32, (134, 122, 102)), mottle=0.12, grain=2)
    c.place(1, 0, 0, 24)
    skin, spot = (112, 128, 62), (50, 58, 32)
    c.shadow(c.blob((9, 8), (16, 4), (25, 9), (27, 20), (20, 29), (11, 27), (6, 18)), 0.4, 1)
    for s in (-1, 1):
        c.paint(
            c.limb(
                (16 + 3.6 * s, 22, 2.2),
                (16 + 9.6 * s, 18.6, 1.7),
                (16 + 8.6 * s, 24, 1.2),
                (16 + 6.4 * s, 27.4, 0.9),
                (16 + 9.6 * s, 29.4, 0.6),
            ),
            skin,
            0.9,
            1.3,
            0.1,
            marks=[(c.oval(16 + 7.6 * s, 19.6, 0.7, 1.1), spot), (c.oval(16 + 8.4 * s, 23.4, 0.9, 0.6), spot)],
        )
        c.paint(
            c.limb(
                (16 + 4.4 * s, 12, 1.5), (16 + 8.4 * s, 12.6, 1.1), (16 + 9.2 * s, 9, 0.8), (16 + 10.4 * s, 7.6, 0.6)
            ),
            skin,
            0.7,
            1.3,
            0.1,
        )
    body = c.blob(
        (16, 3), (20, 5), (22, 9.6), (22.4, 16), (20, 23), (16, 25.4), (12, 23), (9.6, 16), (10, 9.6), (12, 5)
    )
    spots = [
        (c.oval(16 + dx, y, 1.2, 1), spot)
        for dx, y in ((-3, 11), (2.6, 10.4), (-1.4, 15), (3.6, 15.6), (-4, 18), (1.4, 19.6), (0.2, 8), (-2, 21.6))
    ]
    c.paint(body, skin, 2, 1.3, 0.1, marks=[*spots, (c.limb((16, 6, 0.3), (16, 24, 0.3)), (168, 180, 96))])
    for s in (-1, 1):
        c.paint(c.oval(16 + 3.9 * s, 6.4, 1.5, 1.6), skin, 0.6, 1.4)
        c.flat(c.oval(16 + 4.3 * s, 6.2, 0.9, 1), (20, 18, 12))
    return c.finish(1.08)


DRAWINGS = (
    ("tree frog, from the front", frog_green),
    ("brown frog, from the side", frog_brown),
    ("green frog on wet earth", frog_wet),
    ("spotted frog, from above", frog_above),
)
