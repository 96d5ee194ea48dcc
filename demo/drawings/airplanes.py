"""Airplanes."""

from .canvas import Canvas, common

WHITE, GLASS = (232, 235, 240), (38, 46, 58)


def airliner(c, body=WHITE, tail=(30, 60, 150), wing=(176, 182, 192), belly=(150, 156, 168)):
    """Seen from the side, its nose to the left, wings coming towards the viewer."""
    c.paint(c.poly((24, 15.6), (28.2, 14.6), (30.4, 13.4), (28, 13.4)), wing, 0.4)  # far half of the tailplane
    c.paint(c.poly((23, 15), (27.2, 9), (29.4, 8.8), (28.2, 15)), tail, 0.6, 0.5)
    c.paint(c.poly((14, 15), (18.5, 15), (22, 12.4), (20.8, 12.2)), wing, 0.4)  # far wing
    hull = c.limb(
        (3.4, 17.2, 0.9), (5.2, 16.7, 1.7), (9, 16.4, 2.05), (21, 16, 2.0), (26, 15.3, 1.2), (29.6, 14.5, 0.4)
    )
    c.paint(hull, body, 1.1, 1.2, 0.02, marks=[(common(hull, c.poly((0, 17.6), (32, 16.8), (32, 22), (0, 22))), belly)])
    c.flat(c.poly((3.8, 16.3), (5.2, 15.7), (5.4, 16.3), (4, 16.7)), GLASS)
    for i in range(17):
        c.flat(c.oval(7.2 + i, 15.9 - 0.02 * i, 0.26, 0.3), (70, 80, 98), 0.9)
    c.paint(c.poly((24.4, 15.8), (27, 15.6), (30.6, 17.4), (29, 17.6)), wing, 0.4)
    c.paint(c.poly((11.5, 17), (17.4, 17), (22.6, 22), (20.6, 22.2)), wing, 0.6, 0.8, 0.02)
    c.paint(c.limb((11.8, 19.4, 0.9), (14.8, 19.3, 0.75)), (205, 208, 214), 0.6, 1.2, 0.02)
    c.flat(c.oval(11.3, 19.4, 0.35, 0.75), (40, 42, 50))


def airplane_in_flight():
    c = Canvas(101)
    c.backdrop((0, (74, 128, 196)), (20, (136, 180, 226)), (32, (178, 208, 236)), mottle=0.012, grain=12)
    c.bokeh([(225, 235, 245)], 9, (2, 4), (0, 25, 32, 33), 2, 0.5)
    c.place(1.02, 0, 0, -6)
    airliner(c)
    return c.finish(1.05)


def airplane_on_the_runway():
    c = Canvas(102)
    c.backdrop((0, (150, 186, 222)), (18, (214, 226, 236)), mottle=0.015)
    c.bokeh([(66, 86, 62), (80, 98, 74)], 30, (0.8, 1.5), (0, 18.6, 32, 19.8), 0.4)
    c.ground(20, (120, 142, 74), (142, 156, 100), 0.06)
    c.ground(22.2, (112, 112, 114), (148, 148, 148), 0.04, 2, 6)
    c.place(1, 0, 1.6, 2)
    c.shadow(c.oval(15, 23, 11, 0.9), 0.5, 0.5)
    for x in (6.4, 15, 16.4):
        c.flat(c.line(0.4, (x, 18), (x, 22)), (90, 92, 98))
        c.paint(c.oval(x, 22.2, 0.75, 0.75), (24, 24, 26), 0.4)
    airliner(c, tail=(190, 32, 38))
    return c.finish(1.05)


def airplane_from_below():
    c = Canvas(103)
    c.backdrop((0, (98, 150, 214)), (32, (164, 200, 236)), mottle=0.015, grain=14)
    c.place(0.96, 0.4, -0.4, 38)
    grey, dark = (118, 124, 138), (92, 98, 112)
    c.paint(
        c.poly(
            (14.6, 12.2), (2.2, 19.8), (2.4, 21), (14.8, 17.4), (17.2, 17.4), (29.6, 21), (29.8, 19.8), (17.4, 12.2)
        ),
        grey,
        0.8,
        0.6,
    )
    c.paint(
        c.poly((15, 25.2), (10.6, 28.4), (10.8, 29.2), (15.4, 28), (16.6, 28), (21.2, 29.2), (21.4, 28.4), (17, 25.2)),
        grey,
        0.6,
        0.6,
    )
    for x in (9.4, 22.6):
        c.paint(c.limb((x, 14.2, 0.8), (x, 17, 0.7)), dark, 0.5)
    c.paint(
        c.limb((16, 2.6, 0.5), (16, 4.6, 1.4), (16, 9, 1.8), (16, 20, 1.75), (16, 26, 1.1), (16, 30, 0.3)),
        (196, 200, 210),
        1,
        1.2,
    )
    return c.finish(1.05)


def airplane_fighter():
    c = Canvas(104)
    c.backdrop((0, (128, 164, 206)), (32, (188, 208, 228)), mottle=0.05, grain=14, stretch=2)
    c.place(1, 0, 0.6, -12)
    grey, dark = (112, 120, 130), (78, 86, 98)
    c.paint(c.poly((15, 16), (21, 16), (24.6, 12.6), (22.8, 12.4)), dark, 0.5)
    c.paint(
        c.limb((1.6, 17.4, 0.15), (5, 16.8, 0.9), (10, 16.2, 1.6), (20, 16.2, 1.7), (27.6, 15.8, 1.3)), grey, 1, 1.2
    )
    c.flat(c.limb((27.8, 15.8, 1.0), (28.4, 15.8, 0.9)), (44, 40, 42))
    c.paint(c.oval(9.6, 14.9, 2.6, 1.1, -3), (52, 66, 84), 0.6, 1.6)
    c.paint(c.poly((20, 15), (25.6, 8.6), (28, 8.8), (27.4, 15)), grey, 0.6, 0.6)
    c.paint(c.poly((12, 17), (21.6, 17.2), (24.6, 22.6), (22.4, 22.6)), dark, 0.6, 0.8)
    c.paint(c.poly((23.6, 16.6), (27.8, 16.6), (30.4, 19.4), (29, 19.4)), dark, 0.5)
    c.paint(c.limb((13.4, 20, 0.4), (19, 20.6, 0.4)), (196, 198, 200), 0.4)
    return c.finish(1.05)


DRAWINGS = (
    ("airliner in flight", airplane_in_flight),
    ("airliner on the runway", airplane_on_the_runway),
    ("jet from below", airplane_from_below),
    ("fighter jet", airplane_fighter),
)
