"""The page's charts as Plotly figures: plain data in, plain data out. No Gradio, and no import of plotly either, whose
second at every start nobody would get back; a test hands every figure to plotly to be checked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from stn.distort import CONTROL_RANGES
from stn.evaluation.curves import Curve

TITLES = {  # control -> what stands under its axis
    "rotation": "Rotation (degrees counter-clockwise)",
    "scale": "Scale",
    "shear": "Shear (degrees)",
    "clutter": "Clutter (patches)",
    "noise": "Noise (standard deviation)",
}
TEST_TITLE = "Accuracy on test images, %"
LIVE_TITLE = "This image: probability of {what}, %"
LIVE_AXES = "y2"
DASHES = ("dash", "dot", "dashdot", "longdash")  # of the families beside the chosen one
SYMBOLS = ("square", "triangle-up", "cross", "x")


@dataclass(frozen=True)
class Palette:
    ink: str
    quiet: str
    edge: str
    cnn: str
    stn: str
    ground: str


# The page's own colours (css/page.css): Okabe-Ito blue and orange, also told apart by their markers.
LIGHT = Palette("#24211f", "#625d58", "#d5d0ca", "#0072b2", "#d55e00", "#ffffff")
DARK = Palette("#f4f1ee", "#b8b1aa", "#4a4541", "#56b4e9", "#f0913a", "#1c1917")
PALETTES = {"light": LIGHT, "dark": DARK}


@dataclass(frozen=True)
class Line:
    """How one network's line is drawn; the same in both charts."""

    colour: str
    dash: str
    symbol: str


def line_styles(names: Sequence[str], chosen: str, palette: Palette) -> dict[str, Line]:
    """A style for each network: the plain CNN, the chosen transformer, then the others in their order."""
    others = [name for name in names if not name.endswith("-cnn") and name != chosen]
    styles = {name: Line(palette.cnn, "solid", "circle") for name in names if name.endswith("-cnn")}
    styles[chosen] = Line(palette.stn, "solid", "diamond")
    for i, name in enumerate(others):
        styles[name] = Line(palette.stn, DASHES[i % len(DASHES)], SYMBOLS[i % len(SYMBOLS)])
    return styles


def robustness_figure(
    control: str,
    curves: Mapping[str, Curve],
    styles: Mapping[str, Line],
    labels: Mapping[str, str],
    live: Sequence[str],
    palette: Palette,
) -> dict[str, Any]:
    """Two charts over one axis, the control's: the test set's accuracy, and below it this image, for now empty.

    curves: network -> its curve against the control, may be empty, then only this image's chart is there.
    live: the networks that this image's chart shows. The shapes are the marker at the control's value, in each chart.
    """
    both = bool(curves)
    traces = [
        _trace(labels[name], styles[name], "y", curve.values, curve.accuracy, "test", name)
        for name, curve in curves.items()
    ]
    traces += [_trace(labels[name], styles[name], LIVE_AXES, [], [], "live", name) for name in live]
    low, high = CONTROL_RANGES[control]
    room = 0.02 * (high - low)
    upper, lower = [0.58, 1.0], [0.0, 0.42] if both else [0.0, 1.0]
    titles = [_title(LIVE_TITLE.format(what="its class"), lower[1], palette)]
    axes = {"yaxis2": _percent_axis(lower, palette)}
    if both:
        titles.insert(0, _title(TEST_TITLE, 1.0, palette))
        axes["yaxis"] = _percent_axis(upper, palette, floor_of(curves))
    return {
        "data": traces,
        "layout": {
            "xaxis": {
                "range": [low - room, high + room],
                "title": {"text": TITLES[control], "standoff": 10, "font": {"size": 14}},
                "anchor": "y2",
                "ticks": "outside",
                "tickcolor": palette.edge,
                "linecolor": palette.edge,
                "showgrid": False,
                "zeroline": False,
                "showline": True,
                "fixedrange": True,
                **({"dtick": 30} if control == "rotation" else {}),
            },
            **axes,
            "annotations": titles,
            "shapes": [_marker(0.0, domain, palette) for domain in ((upper, lower) if both else (lower,))],
            "showlegend": False,  # the page's own legend holds numbers and can be reached by keyboard
            "hovermode": "x unified",
            "hoversubplots": "axis",
            "hoverlabel": {"bgcolor": palette.ground, "bordercolor": palette.edge, "font": {"color": palette.ink}},
            "font": {"family": "system-ui, sans-serif", "size": 13, "color": palette.quiet},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "margin": {"l": 44, "r": 12, "t": 30, "b": 52},
            "height": 540 if both else 330,
            "autosize": True,
            "dragmode": False,
        },
        "config": {"displayModeBar": False, "displaylogo": False},
    }


def _trace(label: str, line: Line, axis: str, x: Sequence, y: Sequence, part: str, name: str) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": label,
        "x": list(x),
        "y": [round(value, 2) for value in y],
        "xaxis": "x",
        "yaxis": axis,
        "line": {"color": line.colour, "width": 2.5 if line.dash == "solid" else 1.5, "dash": line.dash},
        "marker": {"symbol": line.symbol, "size": 7, "color": line.colour},
        "hovertemplate": "%{y:.1f} %" if part == "test" else "%{y:.0f} % for this image",
        "meta": {"part": part, "network": name},
    }


def floor_of(curves: Mapping[str, Curve]) -> int:
    """Where the accuracy axis starts: at 0, or where all networks stay high at a multiple of 10 below them, so that a
    difference of one point can be seen. Chance is 10 %, and no shipped network comes near it."""
    lowest = min(min(curve.accuracy) for curve in curves.values())
    return 0 if lowest < 42 else int((lowest - 2) // 10 * 10)


def _percent_axis(domain: list[float], palette: Palette, floor: int = 0) -> dict[str, Any]:
    room = 0.04 * (100 - floor)  # for markers at both ends
    step = 25 if floor == 0 else 10 if floor <= 80 else 5
    return {
        "domain": domain,
        "range": [floor - room, 100 + room],
        "tickvals": list(range(floor, 101, step)),
        "gridcolor": palette.edge,
        "griddash": "dot",
        "zeroline": False,
        "fixedrange": True,
    }


def _title(text: str, top: float, palette: Palette) -> dict[str, Any]:
    """A chart's title: above its left end, upright and therefore readable."""
    return {
        "text": text,
        "xref": "paper",
        "yref": "paper",
        "x": 0,
        "y": top,
        "xanchor": "left",
        "yanchor": "bottom",
        "yshift": 6,
        "showarrow": False,
        "font": {"size": 14, "color": palette.ink},
    }


def _marker(value: float, domain: list[float], palette: Palette) -> dict[str, Any]:
    """The line through one chart at the control's value; through both it would cross the title between them."""
    return {
        "type": "line",
        "xref": "x",
        "yref": "paper",
        "x0": value,
        "x1": value,
        "y0": domain[0],
        "y1": domain[1],
        "line": {"color": palette.ink, "width": 1.5, "dash": "dot"},
        "layer": "above",
    }
