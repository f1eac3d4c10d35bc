#!/usr/bin/python3
"""Plots each class's share of the picture over time, in the classes' colours, as a PNG file."""

from command_line import Failure, argument_parser, frames_of, needed, run


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("output", help="the PNG file")
    arguments = parser.parse_args()
    if not arguments.output.endswith(".png"):
        raise Failure(f"the output is a PNG file, so its name ends in .png: {arguments.output}")
    needed("matplotlib", "matplotlib").use("Agg")  # draws into files, and needs no display
    from matplotlib import pyplot

    seconds, shares, colours = [], {}, {}
    for frame in frames_of(arguments):
        seconds.append(frame.pts / 1e9)
        for label, region in frame.regions.items():
            shares.setdefault(label, []).append(100 * region.share)
            colours[label] = f"#{region.colour:06x}" if region.id > 0 else "#dddddd"
    if not seconds:
        raise Failure(f"{arguments.video} has no picture")

    seen = [label for label in shares if max(shares[label]) > 0]
    figure, axes = pyplot.subplots(figsize=(10, 5), layout="constrained")
    axes.stackplot(seconds, [shares[label] for label in seen], labels=seen, colors=[colours[label] for label in seen])
    axes.set(xlabel="seconds", ylabel="share of the picture in %", ylim=(0, 100), xlim=(seconds[0], seconds[-1]))
    handles, labels = axes.get_legend_handles_labels()
    # Beside the axes, in the order of the stack.
    axes.legend(handles[::-1], labels[::-1], loc="upper left", bbox_to_anchor=(1.01, 1), frameon=False)
    figure.savefig(arguments.output, dpi=120)


run(main)
