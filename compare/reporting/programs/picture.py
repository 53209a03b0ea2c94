"""The two programs side by side as SVG: every operation, coloured by whether the other program computes the same."""

from __future__ import annotations

from html import escape

from compare.reporting.programs.facts import Facts, Node

WIDTH, ROW, BOX, GAP = 760, 34, 300, 160
COLOURS = {"same": "var(--yes)", "different": "var(--open)", "inherited": "var(--mark-edge)", "unpaired": "var(--note)"}
MEANING = {"same": "the other program computes the same", "different": "a difference is made here",
           "inherited": "differs because of what came before", "unpaired": "only divided up in another way"}
MOST = 400
"""So many operations of a program are drawn; the table has all of them."""


def svg(facts: Facts) -> str:
    """The picture; empty where nothing ran."""
    columns = [nodes[:MOST] for nodes in facts.graphs]
    if not any(columns):
        return ""
    height = ROW * max(map(len, columns)) + 30
    places = [{node.key: i for i, node in enumerate(nodes)} for nodes in columns]
    parts = [f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="The operations of both programs">']
    parts += [f'<text x="{x}" y="16" class="head">{escape(title)}</text>'
              for x, title in zip((0, BOX + GAP), facts.titles)]
    for i, node in enumerate(columns[0]):
        if node.partner in places[1]:
            j = places[1][node.partner]
            parts.append(f'<path d="M{BOX} {middle(i)} L{BOX + GAP} {middle(j)}" class="pair"/>')
    for x, nodes in zip((0, BOX + GAP), columns):
        parts += [box(x, i, node) for i, node in enumerate(nodes)]
    return "".join([*parts, "</svg>"])


def middle(row: int) -> int:
    """The height of the middle of a row."""
    return 30 + row * ROW + (ROW - 8) // 2


def box(x: int, row: int, node: Node) -> str:
    """One operation."""
    y = 30 + row * ROW
    place = f" · {node.place}" if node.place else ""
    place += " · alone the same" if node.state == "inherited" and node.alone is not None else ""
    return (f'<g><title>{escape(node.key)}: {MEANING[node.state]}{alone(node)}</title>'
            f'<rect x="{x}" y="{y}" width="{BOX}" height="{ROW - 8}" rx="6" style="stroke:{COLOURS[node.state]}"/>'
            f'<rect x="{x}" y="{y}" width="7" height="{ROW - 8}" rx="3" style="fill:{COLOURS[node.state]}"/>'
            f'<text x="{x + 14}" y="{y + 17}">{escape(shortened(node.text + place))}</text></g>')


def alone(node: Node) -> str:
    """What the layer's output is on the left program's input, in words."""
    if node.alone is None:
        return ""
    size = "in shape" if node.alone == float("inf") else f"by {node.alone:.0e}"
    return f"; on the left's input the layer alone differs {size}"


def shortened(text: str, most: int = 42) -> str:
    """A text that fits into a box."""
    return text if len(text) <= most else text[:most - 1] + "…"
