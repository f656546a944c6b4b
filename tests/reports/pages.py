"""A page as a tree of elements, for tests that read reports."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = frozenset({"meta", "link", "img", "br", "hr", "source", "input", "base"})
BLOCKS = frozenset({"p", "li", "dt", "dd", "td", "th", "tr", "caption", "h1", "h2", "h3", "h4", "h5", "code"})


class Element:
    """One element of a page: its tag, attributes, text and children."""

    def __init__(self, tag: str, attributes: dict[str, str], parent: Element | None) -> None:
        self.tag, self.attributes, self.parent = tag, attributes, parent
        self.children: list[Element] = []
        self.parts: list[str] = []

    def all(self, *tags: str) -> list[Element]:
        """Every element below that has one of the tags; all of them for none."""
        elements = []
        for child in self.children:
            if not tags or child.tag in tags:
                elements.append(child)
            elements += child.all(*tags)
        return elements

    @property
    def text(self) -> str:
        """All words below, with single blanks."""
        return " ".join("".join(self.parts).split())

    def classes(self) -> set[str]:
        return set(self.attributes.get("class", "").split())


class Tree(HTMLParser):
    """Builds elements; complains about tags that do not match."""

    def __init__(self, page: bytes) -> None:
        super().__init__()
        self.root = self.at = Element("", {}, None)
        self.feed(page.decode())
        assert self.at is self.root, f"<{self.at.tag}> is never closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        child = Element(tag, {key: value or "" for key, value in attrs}, self.at)
        self.at.children.append(child)
        if tag not in VOID:
            self.at = child

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.at.children.append(Element(tag, {key: value or "" for key, value in attrs}, self.at))

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.at.tag, f"</{tag}> closes <{self.at.tag}>"
        if tag in BLOCKS:
            self.handle_data(" ")
        assert self.at.parent is not None
        self.at = self.at.parent

    def handle_data(self, data: str) -> None:
        if self.at.tag == "style":
            return
        above: Element | None = self.at
        while above is not None:
            above.parts.append(data)
            above = above.parent


def by_id(page: Element, anchor: str) -> Element:
    return next(element for element in page.all() if element.attributes.get("id") == anchor)


def table(page: Element, caption: str) -> list[list[str]]:
    """The rows of the first table whose caption begins so, heads first."""
    matching = next(element for element in page.all("table") if element.all("caption")[0].text.startswith(caption))
    return [[cell.text for cell in row.all("th", "td")] for row in matching.all("tr")]
