"""Plot: an SVG of a report's figures, with a dot for each sample of both arms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from .arrivals import Arm

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from .report import Figure, Report

__all__ = ["draw"]

PANELS: Final = {
    "bound": "bound to a node",
    "running": "pod Running",
    "total": "T_total: the session answers",
}
LABELS: Final = {Arm.FREE: "free\n(no batch)", Arm.FULL: "full\n(batch gives way)"}
COLOURS: Final = {Arm.FREE: "#0072b2", Arm.FULL: "#d55e00"}
"""Of Okabe and Ito, for colour-blind readers; the shapes differ as well."""
SHAPES: Final = {Arm.FREE: "o", Arm.FULL: "s"}
WIDTH: Final = 0.5
"""Width over which the dots of one arm are spread; the arms are 1 apart."""


def draw(report: Report, file: Path) -> None:
    """Draw the plot into a file."""
    from matplotlib import rc_context  # noqa: PLC0415 - takes a second; most runs draw nothing
    from matplotlib.figure import Figure as Canvas  # noqa: PLC0415 - the same

    # with the salt, the same report gives the same file
    style = rc_context({"svg.fonttype": "path", "svg.hashsalt": report.kind, "font.size": 10})
    with style:
        canvas = Canvas(figsize=(11, 4.8), layout="constrained")
        panels = canvas.subplots(1, len(PANELS))
        for axes, (name, title) in zip(panels, PANELS.items(), strict=True):
            _panel(axes, report, name)
            axes.set_title(f"{title}\n{_ratio(report, name)}", fontsize=10, pad=10)
            axes.set_ylabel("seconds from the intended request")
        canvas.suptitle(_title(report), fontsize=11)
        canvas.savefig(file, format="svg", metadata={"Date": None})


def _panel(axes: Axes, report: Report, name: str) -> None:
    for place, arm in enumerate(Arm):
        figure = report.arms[arm].figures.get(name)
        if figure:
            _arm(axes, place, arm, figure)
    axes.set_xticks(range(len(Arm)), [LABELS[arm] for arm in Arm])
    axes.set_xlim(-0.6, len(Arm) - 0.2)
    axes.set_ylim(bottom=0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", linewidth=0.5, alpha=0.5)
    axes.set_axisbelow(True)


def _arm(axes: Axes, place: int, arm: Arm, figure: Figure) -> None:
    """Draw one arm; its dots are in the order of rounds, so that a drift is visible."""
    step = WIDTH / max(1, figure.n - 1)
    across = [place - WIDTH / 2 + step * number for number in range(figure.n)]
    axes.scatter(
        across,
        figure.samples,
        s=34,
        marker=SHAPES[arm],
        color=COLOURS[arm],
        alpha=0.75,
        linewidths=0,
    )
    ends = (place - WIDTH / 2 - 0.06, place + WIDTH / 2 + 0.06)
    axes.plot(ends, (figure.p50, figure.p50), color="black", linewidth=1.6)
    axes.annotate(
        f"{figure.p50:.2f}",
        (ends[1], figure.p50),
        xytext=(3, -2),  # upwards, so that the axis does not cross it
        textcoords="offset points",
        fontsize=8.5,
    )


def _ratio(report: Report, name: str) -> str:
    if name not in report.comparison:
        return "no complete pair"
    one = report.comparison[name].ratio_of_p50
    return f"full / free: {one.estimate:.2f} ({one.low:.2f} to {one.high:.2f})"


def _title(report: Report) -> str:
    rounds = " and ".join(f"{report.arms[arm].rounds} {arm}" for arm in Arm)
    place = report.environment
    return (
        "How long a person waits for a session with an accelerator\n"
        f"site {place.site}, lane {place.lane}, {report.verdict}: {rounds} rounds, "
        "a dot each, in their order; lines and ratios are of p50, with 95 % intervals"
    )
