"""The two programs side by side as SVG: every operation, coloured by whether the other program computes the same.

Of large programs there are two pictures. In the overview an operation at which a difference begins is a box, and any
other is a bar, so that it fits on two screens; the whole picture has a box with the name of every operation.
"""

from __future__ import annotations

from html import escape
from itertools import accumulate
from typing import Sequence

from compare.reporting.programs.facts import Facts, Node

WIDTH, ROW, BAR, BOX, GAP, HEAD = 760, 34, 6, 330, 100, 30
COLOURS = {"same": "var(--yes)", "different": "var(--open)", "inherited": "var(--mark-edge)", "unpaired": "var(--note)"}
MEANING = {"same": "the other program computes the same", "different": "a difference is made here",
           "inherited": "differs because of what came before", "unpaired": "part of a computation with the same result"}
MOST = 400
"""The largest number of operations of a program that are drawn; the table has all of them."""
FEW = 40
"""Programs and tables with at most this number of operations or rows are shown completely at once."""


def is_large(facts: Facts) -> bool:
    """Whether a program has so many operations that an overview is of use."""
    return max(map(len, facts.graphs)) > FEW


def svg(facts: Facts, whole: bool = True) -> str:
    """The picture, else its overview; empty where nothing ran."""
    columns = [nodes[:MOST] for nodes in facts.graphs]
    if not any(columns):
        return ""
    begins = {operation.key for item in facts.items for operation in (item.left, item.right) if operation}
    boxes = [[whole or node.key in begins or node in (nodes[0], nodes[-1]) for node in nodes] for nodes in columns]
    tops = [list(accumulate((ROW if is_box else BAR for is_box in column), initial=HEAD)) for column in boxes]
    parts = [f'<svg viewBox="0 0 {WIDTH} {max(top[-1] for top in tops)}" role="img" '
             'aria-label="The operations of both programs">']
    parts += [f'<text x="{x}" y="16" class="head">{escape(title)}</text>'
              for x, title in zip((0, BOX + GAP), facts.titles)]
    places = {node.key: i for i, node in enumerate(columns[1])}
    for i, node in enumerate(columns[0]):
        if node.partner in places:
            j = places[node.partner]
            parts.append(f'<path d="M{BOX} {middle(tops[0], i)} L{BOX + GAP} {middle(tops[1], j)}" class="pair"/>')
    for x, nodes, column, top in zip((0, BOX + GAP), columns, boxes, tops):
        parts += [box(x, y, node, place) if is_box else bar(x, y, node)
                  for node, place, is_box, y in zip(nodes, places_of(nodes), column, top)]
    return "".join([*parts, "</svg>"])


def middle(tops: Sequence[int], row: int) -> float:
    """The height of the middle of a row."""
    return (tops[row] + tops[row + 1]) / 2 - (4 if tops[row + 1] - tops[row] == ROW else 1)


def places_of(nodes: Sequence[Node]) -> list[str]:
    """The place of each operation: its line, with its file if the program has several; empty if all have the same
    place.
    """
    places = [node.place.rpartition(":") for node in nodes]
    if len(set(places)) < 2:
        return [""] * len(nodes)
    one_file = len({file for file, _, _ in places if file}) == 1
    return [f"line {line}" if one_file and file else node.place for node, (file, _, line) in zip(nodes, places)]


def box(x: int, y: int, node: Node, place: str) -> str:
    """One operation with its name and its place."""
    same = "alone the same" if node.state == "inherited" and node.alone is not None else ""
    text = " · ".join(filter(None, (node.text, place, same)))
    return (f'<g>{tooltip(node)}'
            f'<rect x="{x}" y="{y}" width="{BOX}" height="{ROW - 8}" rx="6" style="stroke:{COLOURS[node.state]}"/>'
            f'<rect x="{x}" y="{y}" width="7" height="{ROW - 8}" rx="3" style="fill:{COLOURS[node.state]}"/>'
            f'<text x="{x + 14}" y="{y + 17}">{escape(shortened(text))}</text></g>')


def bar(x: int, y: int, node: Node) -> str:
    """An operation without its name, which appears under the pointer."""
    return (f'<g>{tooltip(node)}<rect x="{x}" y="{y}" width="{BOX}" height="{BAR - 2}" '
            f'style="fill:{COLOURS[node.state]}"/></g>')


def tooltip(node: Node) -> str:
    """The text under the pointer for an operation."""
    return f"<title>{escape(node.key)}: {MEANING[node.state]}{alone(node)}</title>"


def alone(node: Node) -> str:
    """What the layer's output is on the left program's input, in words."""
    if node.alone is None:
        return ""
    size = "in shape" if node.alone == float("inf") else f"by {node.alone:.0e}"
    return f"; on the left's input the layer alone differs {size}"


def shortened(text: str, most: int = 50) -> str:
    """A text that fits into a box."""
    return text if len(text) <= most else text[:most - 1] + "…"
