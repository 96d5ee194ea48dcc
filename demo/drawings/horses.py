"""Horses."""

from .canvas import Canvas, join
from .scenery import grass, legs, meadow


def horse(c, coat, dark, mane, hoof=(44, 36, 30), sock=None, blaze=False, grazing=False):
    """From the side, its head to the left."""
    c.shadow(c.oval(16, 28, 11, 1), 0.5, 0.6)
    c.paint(c.limb((25, 13, 0.8), (27.4, 16, 1.1), (27.8, 20, 1.0), (27.2, 24, 0.3)), mane, 0.6, 1, 0.16)
    legs(
        c,
        coat,
        dark,
        hoof,
        [
            ((11.6, 18), (12.4, 22.4), (12, 27)),
            ((21.8, 17.6), (22.4, 22.4), (21.4, 26.8)),
            ((9.4, 18), (9, 22.8), (9.2, 27.6)),
            ((24, 16.8), (25, 22.2), (24.4, 27.6)),
        ],
    )
    if sock:
        for x, y in ((9.2, 26.2), (24.6, 26.2)):
            c.paint(c.limb((x, y - 1, 0.65), (x, y + 0.8, 0.65)), sock, 0.4)
    torso = c.limb((9.8, 14.8, 3.2), (13, 15.2, 3.7), (18, 15.4, 3.6), (22.4, 14.6, 3.7), (24.4, 14.6, 2.6))
    if grazing:
        neck = c.limb((10, 14.2, 2.9), (6.6, 17.6, 1.9), (5, 21, 1.4))
        head = c.limb((5.2, 20.6, 1.5), (3.8, 23.6, 1.2), (3.2, 26, 0.9))
        crest, ear, eye = (
            ((10.6, 11.6, 0.7), (7.0, 15.0, 0.9), (4.4, 19.6, 0.6)),
            ((4.6, 19.8), (3.4, 18.6), (4.0, 20.6)),
            (4.4, 22.0),
        )
    else:
        neck = c.limb((10.4, 14.4, 3.2), (8, 10.4, 2.3), (6.6, 6.6, 1.7))
        head = c.limb((6.8, 5.6, 1.5), (4.8, 7.9, 1.3), (3, 10.4, 0.95))
        crest, ear, eye = (
            ((11.8, 11.4, 0.6), (9.6, 7.6, 1.0), (7.4, 4.0, 0.7)),
            ((6.8, 4.6), (6.6, 2.0), (7.9, 4.0)),
            (5.4, 6.4),
        )
    c.paint(join(torso, neck, head), coat, 1.6, 1.2, 0.08)
    c.paint(c.poly(*ear), coat, 0.3)
    c.paint(c.limb(*crest), mane, 0.6, 1, 0.2)
    if not grazing:
        c.paint(c.limb((6.4, 4.2, 0.6), (5.6, 5.4, 0.4)), mane, 0.4)
        c.flat(c.oval(2.8, 10.8, 0.8, 0.6, -40), tuple(0.45 * v for v in coat), 0.7, 0.2)
        if blaze:
            c.flat(c.limb((5, 5.8, 0.3), (3.6, 7.6, 0.4), (2.2, 10, 0.45)), (236, 230, 222), 0.95)
    c.flat(c.oval(*eye, 0.36, 0.36), (16, 12, 10))


def horse_brown():
    c = Canvas(701)
    meadow(c, 18, (130, 172, 214))
    horse(c, (134, 78, 40), (88, 50, 28), (34, 24, 20), sock=(222, 214, 204), blaze=True)
    grass(c, 27.5)
    return c.finish(1.08)


def horse_white():
    c = Canvas(702)
    meadow(c, 17)
    c.place(1, 0, 0, flip=True)
    horse(c, (198, 194, 188), (146, 142, 138), (168, 162, 152), hoof=(80, 74, 68))
    grass(c, 27.5)
    return c.finish(1.08)


def horse_grazing():
    c = Canvas(703)
    meadow(c, 14, (150, 184, 216))
    horse(c, (102, 56, 32), (66, 38, 24), (28, 20, 18), grazing=True)
    grass(c, 25.5, 110)
    return c.finish(1.08)


def horse_head():
    """Head and neck of a bay, from the side."""
    c = Canvas(704)
    meadow(c, 22, (140, 176, 214))
    c.place(0.88, -1.2, 1.4, flip=True)
    coat, mane = (112, 64, 36), (32, 24, 22)
    neck = c.blob((14, 9), (20, 6), (26, 12), (32, 22), (38, 40), (10, 40), (15.6, 24), (13.4, 18))
    head = c.limb((16.4, 8.2, 3.6), (13, 12.4, 3.6), (9, 17.6, 2.6), (5.6, 21.6, 2.2), (5, 22.6, 1.9))
    for x in (15.4, 19):
        c.paint(
            c.blob((x - 1, 6), (x - 0.4, 3), (x + 1, 0.2), (x + 2.4, 3), (x + 2.8, 6)),
            coat,
            0.6,
            marks=[(c.poly((x + 0.2, 5.6), (x + 1, 2), (x + 1.8, 5.4)), (70, 44, 30))],
        )
    c.paint(join(neck, head), coat, 2.4, 1.4, 0.08)
    c.flat(c.limb((15, 17, 0.4), (16.6, 14, 0.5), (18.4, 11, 0.3)), (84, 46, 24), 0.6, 0.5)
    c.paint(c.limb((18, 4.4, 1), (22.4, 7, 1.5), (26.6, 13, 1.8), (29.6, 21, 2), (32, 38, 2.4)), mane, 1, 1, 0.25)
    c.paint(c.limb((17, 4.6, 1), (14.4, 7.4, 0.8), (13, 9.6, 0.3)), mane, 0.6, 1, 0.2)
    c.paint(c.limb((11.4, 10.6, 0.4), (8.2, 14.6, 0.8), (4.8, 19.4, 0.8)), (236, 230, 222), 0.6, 0.4)
    c.flat(c.oval(5, 22.4, 2.2, 1.8, -40), (64, 42, 34), 0.8, 0.5)
    c.flat(c.oval(4.2, 21.6, 0.5, 0.7, 30), (14, 10, 10))
    c.flat(c.line(0.35, (4.6, 24.2), (7.6, 22.8)), (30, 20, 16), 0.8)
    for a, b in (((6.4, 16.6), (10.2, 21.2)), ((9, 19.6), (16.4, 13)), ((16.4, 13), (17.6, 6))):
        c.paint(c.line(0.7, a, b), (58, 40, 36), 0.3)  # the halter
    c.eye(14, 10.4, 0.9)
    return c.finish(1.08)


DRAWINGS = (
    ("brown horse, from the side", horse_brown),
    ("white horse, from the side", horse_white),
    ("horse grazing", horse_grazing),
    ("horse's head", horse_head),
)
