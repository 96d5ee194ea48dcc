"""Cats."""

from .canvas import Canvas, join
from .scenery import room


def whiskers(c, x, y, size):
    for s in (-1, 1):
        for k in (-1, 0, 1):
            c.flat(
                c.limb(
                    (x + 1.2 * size * s, y + 0.15 * k * size, 0.11),
                    (x + 3 * size * s, y + (0.42 * k - 0.2) * size, 0.1),
                    (x + 4.7 * size * s, y + (0.8 * k + 0.1) * size, 0.08),
                ),
                (240, 238, 232),
                0.8,
            )


def cat_head(c, x, y, r, coat, dark, pale, iris, stripes=True, inner=(206, 150, 140)):
    """From the front; `r` is the half width of the face."""

    def p(dx, dy):
        return x + r * dx, y + r * dy

    for s in (-1, 1):
        ear = c.poly(p(0.98 * s, -0.2), p(0.86 * s, -1.35), p(0.16 * s, -0.74))
        hole = c.poly(p(0.8 * s, -0.46), p(0.78 * s, -1.12), p(0.4 * s, -0.7))
        c.paint(ear, coat, 0.14 * r, 1, 0.1, marks=[(hole, inner)])
    face = c.blob(
        p(0, -0.86),
        p(0.6, -0.7),
        p(0.98, -0.1),
        p(0.86, 0.45),
        p(0.44, 0.84),
        p(0, 0.95),
        p(-0.44, 0.84),
        p(-0.86, 0.45),
        p(-0.98, -0.1),
        p(-0.6, -0.7),
    )
    marks = [
        (
            join(
                c.oval(*p(-0.24, 0.48), 0.34 * r, 0.28 * r),
                c.oval(*p(0.24, 0.48), 0.34 * r, 0.28 * r),
                c.oval(*p(0, 0.75), 0.3 * r, 0.24 * r),
            ),
            pale,
        )
    ]
    if stripes:
        lines = [
            ((0, -0.84), (0, -0.3)),
            ((-0.26, -0.8), (-0.2, -0.34)),
            ((0.26, -0.8), (0.2, -0.34)),
            ((0.94, 0.1), (0.58, 0.18)),
            ((-0.94, 0.1), (-0.58, 0.18)),
            ((0.9, 0.4), (0.56, 0.38)),
            ((-0.9, 0.4), (-0.56, 0.38)),
        ]
        marks += [(c.line(0.11 * r, p(*a), p(*b)), dark) for a, b in lines]
    c.paint(face, coat, 0.3 * r, 1.2, 0.1, marks=marks)
    for s in (-1, 1):
        c.flat(c.oval(*p(0.41 * s, -0.07), 0.25 * r, 0.21 * r, 12 * s), (24, 20, 18))
        c.flat(c.oval(*p(0.41 * s, -0.07), 0.2 * r, 0.175 * r, 12 * s), iris)
        c.flat(c.oval(*p(0.41 * s, -0.07), 0.075 * r, 0.17 * r), (8, 8, 8))
        c.flat(c.oval(*p(0.35 * s if s > 0 else -0.47, -0.14), 0.05 * r, 0.05 * r), (255, 255, 255))
    c.flat(c.poly(p(-0.14, 0.28), p(0.14, 0.28), p(0, 0.42)), (190, 110, 106))
    c.flat(c.line(0.07 * r, p(0, 0.4), p(0, 0.54)), dark, 0.9)
    c.flat(
        c.limb(
            (*p(-0.3, 0.53), 0.035 * r),
            (*p(-0.14, 0.64), 0.04 * r),
            (*p(0, 0.53), 0.04 * r),
            (*p(0.14, 0.64), 0.04 * r),
            (*p(0.3, 0.53), 0.035 * r),
        ),
        dark,
        0.9,
    )
    whiskers(c, x, y + 0.46 * r, 0.27 * r)


def cat_face():
    """A tabby's face, from the front."""
    c = Canvas(301)
    room(c, (112, 58, 50))
    coat, dark = (132, 112, 90), (58, 44, 36)
    c.paint(c.blob((7, 24), (16, 21), (25, 24), (28, 34), (4, 34)), coat, 2, 1, 0.14)
    cat_head(c, 16, 16.6, 11, coat, dark, (210, 196, 172), (150, 164, 72))
    return c.finish(1.08)


def cat_sitting():
    """A grey cat sitting, from the front."""
    c = Canvas(302)
    room(c, (130, 60, 56), (134, 100, 70), 23)
    coat, dark, pale = (108, 106, 104), (56, 54, 54), (206, 204, 200)
    c.shadow(c.oval(16.4, 29, 9, 1.4), 0.5, 0.7)
    c.paint(c.limb((22, 27.4, 1.2), (26.6, 27, 1.2), (28, 23.6, 1.1), (26.6, 21, 0.8)), coat, 0.8, 1, 0.1)
    body = c.blob((12, 14), (20, 14), (22.4, 19), (24, 25), (22.6, 29.2), (9.4, 29.2), (8, 25), (9.6, 19))
    bars = [
        (c.line(0.8, (16 + s * (8 - 0.2 * k), 19 + 2.6 * k), (16 + 4.6 * s, 19.6 + 2.6 * k)), dark)
        for k in range(4)
        for s in (-1, 1)
    ]
    c.paint(body, coat, 2, 1.1, 0.1, marks=[*bars, (c.oval(16, 19.6, 2.4, 3.6), pale)])
    for x in (13.8, 18.2):
        c.paint(
            c.limb((x, 21, 1.5), (x, 26, 1.3), (x - 0.1, 28.6, 1.6)),
            coat,
            0.7,
            1,
            0.08,
            marks=[(c.oval(x, 28.8, 2, 1.2), pale)],
        )
    cat_head(c, 16, 9.8, 6.6, coat, dark, pale, (182, 172, 70))
    return c.finish(1.08)


def cat_black():
    """A black and white cat lying on a sofa, its face towards the viewer."""
    c = Canvas(303)
    c.backdrop((0, (148, 126, 104)), (32, (170, 148, 124)), mottle=0.05, grain=5)
    c.ground(19.5, (120, 52, 46), (142, 66, 58), 0.08, 2, 2, soft=0.6)
    coat, dark, pale = (50, 46, 46), (22, 20, 20), (232, 230, 226)
    c.shadow(c.oval(18, 26.8, 13, 1.6), 0.5, 0.7)
    c.paint(c.limb((26, 25.2, 1.2), (30, 26, 1.1), (31, 27.6, 0.8)), coat, 0.7, 1, 0.14)
    c.paint(
        c.blob((10, 18), (16, 15), (23, 15), (28.6, 18.6), (29.6, 24), (27, 27), (16, 27.4), (8, 26)),
        coat,
        2.2,
        1.6,
        0.14,
    )
    for x, y in ((6.4, 26.6), (13.4, 27)):
        c.paint(c.limb((x + 4, y - 1, 1.6), (x + 1, y, 1.5), (x - 0.6, y + 0.2, 1.3)), pale, 0.7, 1, 0.06)
    c.paint(c.oval(11, 23, 3.6, 3), pale, 1, 0.8, 0.08)
    cat_head(c, 11, 14.6, 7, coat, dark, pale, (190, 190, 80), stripes=False, inner=(120, 86, 84))
    return c.finish(1.1)


def cat_ginger():
    """A ginger cat's face, its head tilted."""
    c = Canvas(304)
    room(c, (46, 42, 46))
    coat, dark, pale = (172, 116, 70), (100, 58, 34), (218, 198, 172)
    c.paint(c.blob((6, 24), (15, 21), (24, 24), (28, 34), (3, 34)), coat, 2, 1.1, 0.12)
    c.place(0.95, 0, 0.4, 7)
    cat_head(c, 16, 16, 11, coat, dark, pale, (120, 158, 84))
    return c.finish(1.08)


DRAWINGS = (
    ("tabby's face", cat_face),
    ("grey cat, sitting", cat_sitting),
    ("black and white cat, lying", cat_black),
    ("ginger cat's face", cat_ginger),
)
