"""Backgrounds and what several drawings share: sea, street, meadow, room; wheels."""

GLASS, TYRE, RIM = (44, 54, 66), (22, 22, 24), (168, 172, 178)
HEDGE = [(52, 78, 44), (70, 96, 54), (40, 60, 38), (88, 108, 62)]
LEAVES = [(92, 118, 60), (120, 144, 78), (74, 98, 52), (140, 156, 96)]
FOREST = [(44, 66, 36), (62, 88, 46), (34, 52, 32), (82, 104, 56), (54, 60, 36)]
MEADOW, MEADOW_FAR = (88, 122, 46), (124, 148, 74)


def sea(c, horizon, near, far):
    c.ground(horizon, near, far, 0.09, 1.6, 5)
    for _ in range(60):
        y = horizon + (32 - horizon) * c.rng.rand()
        x, w = c.rng.uniform(0, 32), 0.3 + 0.1 * (y - horizon)
        c.flat(c.limb((x - w, y, 0.07), (x, y - 0.1, 0.12), (x + w, y, 0.07)), (225, 236, 242), 0.45)


def wake(c, left, right, y):
    for _ in range(36):
        x = c.rng.uniform(left, right)
        c.flat(c.oval(x, y + c.rng.uniform(-0.25, 0.35), 0.9, 0.22), (240, 246, 248), 0.6, 0.2)


def street(c, horizon=18.5, leaves=HEDGE, sky=(198, 214, 228), tar=(104, 104, 108), tall=8):
    """Trees out of focus behind a road."""
    c.backdrop((0, tuple(0.8 * v for v in sky)), (horizon, sky), mottle=0.02)
    c.bokeh(leaves, 46, (1.5, 3.6), (0, horizon - tall, 32, horizon - 1), 1.0, 0.95)
    c.ground(horizon, tar, tuple(1.2 * v for v in tar), 0.05, 1.5, 4)


def wheel(c, x, y, r, squash=1.0):
    c.flat(c.oval(x, y, r * squash, r), TYRE, soft=0.15)
    c.paint(c.oval(x, y, r * 0.6 * squash, r * 0.6), RIM, 0.5, 0.8)
    c.flat(c.oval(x, y, r * 0.2 * squash, r * 0.2), (60, 62, 66))


def meadow(c, horizon=17, sky=None):
    if sky:
        c.backdrop((0, sky), (horizon, tuple(min(255, v * 1.2) for v in sky)), mottle=0.02)
        c.bokeh(FOREST, 40, (1, 2.4), (0, horizon - 3, 32, horizon), 0.7)
    else:
        c.backdrop((0, (50, 72, 40)), (horizon, (86, 108, 62)), mottle=0.12, grain=6)
        c.bokeh(FOREST, 60, (1.5, 4), (0, 0, 32, horizon), 1.3, 0.8)
    c.ground(horizon, MEADOW, MEADOW_FAR, 0.1, 1.4, 2)


def grass(c, y, count=70, colours=((72, 110, 38), (112, 144, 60), (134, 150, 78))):
    """Single blades in front of what was drawn before."""
    for i in range(count):
        x, base = c.rng.uniform(0, 32), y + c.rng.uniform(0, 32 - y)
        lean, height = c.rng.uniform(-0.8, 0.8), c.rng.uniform(0.8, 2.2)
        c.flat(c.line(0.3, (x, base), (x + lean, base - height)), colours[i % len(colours)], 0.8)


def blurred_leaves(c, colours=LEAVES, base=(108, 132, 76)):
    c.backdrop((0, base), (32, tuple(0.85 * v for v in base)), mottle=0.06, grain=10)
    c.bokeh(colours, 46, (2.4, 5), (0, 0, 32, 32), 2, 0.7)


def room(c, wall=(150, 132, 112), floor=None, horizon=22):
    c.backdrop((0, tuple(0.85 * v for v in wall)), (32, wall), mottle=0.05, grain=12)
    if floor:
        c.ground(horizon, floor, tuple(0.8 * v for v in floor), 0.07, 2, 3, soft=0.8)


def legs(c, colour, dark, hoof, pairs, thick=1.0):
    """`pairs`: (hip, knee, foot), each (x, y); far legs first, which are in the shade."""
    for i, (hip, knee, foot) in enumerate(pairs):
        tone = dark if i < len(pairs) // 2 else colour
        shin = ((knee[0] + foot[0]) / 2, (knee[1] + foot[1]) / 2)
        c.paint(
            c.limb((*hip, 1.7 * thick), (*knee, 0.9 * thick), (*shin, 0.6 * thick), (*foot, 0.65 * thick)),
            tone,
            0.6,
            1.0,
            0.08,
        )
        c.paint(c.limb((foot[0], foot[1], 0.6 * thick), (foot[0] - 0.2, foot[1] + 0.7, 0.75 * thick)), hoof, 0.4)
