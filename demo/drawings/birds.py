"""Birds."""

from .canvas import Canvas, join
from .scenery import blurred_leaves


def perched(c, back, breast, belly, wing, head=None, mask=None, beak=(70, 60, 50)):
    """A songbird from the side, its beak to the left, its feet at (15, 24.6)."""
    c.paint(c.poly((21.4, 18.6), (29.4, 24.4), (30, 26.6), (27.6, 26.4), (19.4, 21.6)), wing, 0.7, 0.8, 0.08)
    for x in (14.4, 17):
        c.flat(c.line(0.4, (x, 22), (x - 0.6, 25)), (84, 62, 50))
    body = c.blob(
        (9.4, 6.6),
        (13.4, 6),
        (16.4, 8.4),
        (20.4, 12.4),
        (24, 18),
        (24, 21),
        (19.6, 22.8),
        (14, 22.6),
        (9.6, 19),
        (8.4, 14),
        (7.2, 9.6),
    )
    front = c.blob((7, 11), (10.6, 11), (13, 14), (12.4, 18), (9, 19), (6, 15))
    under = c.blob((9, 18), (13.6, 17.2), (19, 19.4), (24, 21.4), (18, 24), (12, 23.4))
    marks = [(front, breast), (under, belly)]
    if head:
        marks.append((c.blob((6, 4), (13, 4), (15, 8), (11.4, 9), (6, 8.4)), head))
    if mask:
        marks.append((c.blob((6, 8.2), (11, 7.4), (12.4, 10), (9, 11.4), (6, 11)), mask))
    c.paint(body, back, 2, 1.3, 0.08, marks=marks)
    c.paint(c.blob((13.4, 12), (17.4, 12), (22.6, 17.6), (26, 22.4), (19.6, 20.4), (14.6, 17.4)), wing, 1, 1.2, 0.08)
    for k in range(3):
        c.flat(c.line(0.25, (16 + k, 15.4 + k), (22.4 + 0.8 * k, 20.2 + 0.5 * k)), tuple(0.55 * v for v in wing), 0.8)
    c.paint(c.poly((7.8, 8.2), (4.2, 9.8), (7.8, 10.4)), beak, 0.4)
    c.eye(10, 8.3, 0.85, (20, 14, 12))


def branch(c, y, colour=(104, 82, 62)):
    c.paint(c.limb((-1, y + 0.8, 1.3), (8, y, 1.1), (18, y + 0.4, 1.2), (33, y - 1.4, 0.9)), colour, 0.7, 1.2, 0.18)


def bird_robin():
    c = Canvas(203)
    blurred_leaves(c)
    branch(c, 25.4)
    perched(c, (118, 100, 78), (212, 98, 40), (216, 208, 196), (100, 82, 64), mask=(206, 92, 38))
    return c.finish(1.08)


def bird_blue():
    c = Canvas(222)
    blurred_leaves(c, [(176, 178, 160), (196, 196, 180), (156, 160, 140)], (182, 182, 166))
    branch(c, 25.4, (118, 100, 84))
    c.place(1, flip=True)
    perched(
        c,
        (62, 108, 176),
        (228, 196, 120),
        (236, 226, 196),
        (48, 84, 144),
        head=(66, 122, 196),
        mask=(232, 232, 230),
        beak=(40, 40, 44),
    )
    return c.finish(1.08)


def bird_gull():
    """A gull standing in front of a dune."""
    c = Canvas(223)
    c.backdrop((0, (90, 112, 64)), (32, (120, 140, 84)), mottle=0.1, grain=6)
    c.ground(19, (176, 158, 130), (196, 182, 156), 0.06, 1.6, 3, soft=1)
    c.place(1.12, 0, -1, flip=True)
    c.shadow(c.oval(16.4, 27.8, 6.4, 0.7), 0.5, 0.4)
    for x in (15.2, 18):
        c.flat(c.line(0.55, (x, 21), (x - 0.2, 27.4)), (206, 140, 80))
        c.flat(c.line(0.45, (x - 1.2, 27.8), (x + 0.6, 27.5)), (206, 140, 80))
    white, grey = (238, 238, 236), (146, 154, 164)
    c.paint(c.poly((22, 15.6), (30, 18.6), (29.6, 19.6), (21, 20)), (40, 42, 46), 0.5)
    body = join(
        c.blob((9.6, 13), (14, 12), (20, 13.4), (26, 17), (27, 18.6), (20, 21.6), (14, 21.6), (10, 18.6)),
        c.limb((11.6, 14.4, 2.8), (10.4, 10.6, 2.1), (9.8, 7.6, 2.2)),
    )
    c.paint(body, white, 1.8, 1.2, 0.04)
    c.paint(c.blob((13, 13.4), (18, 12.8), (24, 15.8), (29, 18.6), (22, 19), (15.4, 18.2)), grey, 1, 1, 0.05)
    c.paint(c.limb((7.8, 8, 0.75), (5.2, 8.6, 0.5), (4.4, 9.2, 0.3)), (230, 170, 50), 0.4)
    c.eye(9.3, 7, 0.6)
    return c.finish(1.08)


def bird_ostrich():
    """Head and neck of an ostrich."""
    c = Canvas(224)
    blurred_leaves(c, [(120, 140, 84), (148, 160, 108), (100, 122, 70)], (128, 144, 92))
    skin, dark = (176, 152, 128), (92, 78, 66)
    c.paint(c.limb((17, 11, 2.6), (19.4, 17, 2.3), (20.4, 24, 2.6), (20.6, 34, 3.4)), skin, 1.4, 1.2, 0.12)
    c.paint(
        join(c.oval(14.8, 8.6, 4.8, 4), c.limb((13, 9.4, 3), (8, 11, 1.8), (5, 11.6, 1.2))),
        (150, 128, 106),
        1.8,
        1.3,
        0.12,
    )
    for _ in range(26):
        x, y = c.rng.uniform(11, 19.4), c.rng.uniform(3.8, 7)
        c.flat(c.line(0.22, (x, y + 1), (x + c.rng.uniform(-0.6, 1), y - c.rng.uniform(0, 1.6))), dark, 0.8)
    c.paint(
        c.blob((9.6, 9.4), (5.4, 9.6), (2.6, 11.2), (3.4, 12.8), (8, 13.2), (10.6, 12.2)),
        (204, 160, 116),
        0.9,
        1.2,
        0.05,
    )
    c.flat(c.line(0.3, (2.8, 11.8), (10.2, 11.6)), (96, 66, 50), 0.9)
    c.eye(13.8, 8, 1.5, (70, 40, 24))
    return c.finish(1.08)


DRAWINGS = (
    ("robin on a branch", bird_robin),
    ("blue bird on a branch", bird_blue),
    ("gull at a dune", bird_gull),
    ("ostrich's head", bird_ostrich),
)
