"""A plan as an HTML page."""

import re
import time
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from opsroom_dagster.plans.compile import compile_template
from opsroom_dagster.plans.model import Plan
from opsroom_dagster.plans.page import plan_page
from opsroom_dagster.plans.templates import load_template
from tests.plans.parameters import GOOD
from tests.plans.test_check import plan, step

VOID = {"meta", "link", "br", "hr", "img", "input", "path", "rect"}
HOSTILE = "</code><script>alert(1)</script><img src=x onerror=alert(1)>\"'&amp;{{inputs.x}}"


class Page(HTMLParser):
    """Elements with their attributes, in order; fails on what is not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def named(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag in tags]


def examples() -> list[tuple[str, Plan]]:
    return [(slug, compile_template(load_template(slug), parameters[-1])) for slug, parameters in GOOD.items()]


@pytest.mark.parametrize(("slug", "made"), examples(), ids=list(GOOD))
def test_a_page_says_everything_of_every_step(slug: str, made: Plan) -> None:
    page = Page(plan_page(made))
    text = " ".join("".join(page.words).split())
    for each in made.steps:
        assert {"id": f"step-{each.id}", "aria-labelledby": f"title-{each.id}"} in page.named("article")
        assert each.title in text
        assert all(v.id in text and v.description in text for v in (*each.preconditions, *each.verifiers))
        assert all(name in text for name in each.args)
    assert text.count("Rollback") >= sum(each.rollback is not None for each in made.steps)


@pytest.mark.parametrize(("slug", "made"), examples(), ids=list(GOOD))
def test_a_page_is_complete_in_itself_and_accessible(slug: str, made: Plan) -> None:
    text = plan_page(made)
    page = Page(text)
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "iframe", "object", "embed", "link", "img", "form", "base"}
    assert all(not name.startswith("on") for _, attributes in page.elements for name in attributes)
    assert all((link["href"] or "").startswith("#") for link in page.named("a"))
    assert not re.search(r"url\((?!#a\))|@import", text)
    assert "default-src 'none'" in text
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {(link["href"] or "")[1:] for link in page.named("a")} <= set(ids)
    assert page.named("html") == [{"lang": "en"}]
    assert page.named("h1") == [{}]
    assert len(page.named("caption")) == len(page.named("table"))
    assert all(cell.get("scope") in ("col", "row") for cell in page.named("th"))
    headings = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in pairwise([0, *headings]))
    assert all(region.get("aria-label") or region.get("aria-labelledby") for region in page.named("section", "article"))


@pytest.mark.parametrize(("slug", "made"), examples(), ids=list(GOOD))
def test_equal_plans_give_equal_bytes(slug: str, made: Plan) -> None:
    again = Plan.model_validate_json(made.model_dump_json(by_alias=True))
    assert plan_page(made) == plan_page(again)


def test_hostile_texts_stay_texts() -> None:
    verifier = {"id": "v", "kind": "sql", "description": HOSTILE, "config": {HOSTILE: [HOSTILE]}}
    rollback = {"action": "x", "tool": HOSTILE, "args": {HOSTILE: HOSTILE}, "verifiers": [verifier]}
    args = {HOSTILE: {"x": HOSTILE}}
    hostile = plan(
        step("a", 0, title=HOSTILE, description=HOSTILE, action=HOSTILE, args=args, rollback=rollback),
        step("b", 1, HOSTILE, args={"words": [HOSTILE, 1], "lines": f"a\n{HOSTILE}"}),
        inputs={"x": HOSTILE, HOSTILE: 1}, expectedOutputs={HOSTILE: HOSTILE}, title=HOSTILE, description=HOSTILE,
        kind=HOSTILE, version=HOSTILE, metadata={"source": HOSTILE, "tags": [HOSTILE]},
    )  # fmt: skip
    page = Page(plan_page(Plan.model_validate(hostile)))
    assert {tag for tag, _ in page.elements} == {
        tag for _, made in examples() for tag, _ in Page(plan_page(made)).elements
    }
    assert "".join(page.words).count("<script>alert(1)</script>") > 15


def test_an_inputs_value_is_shown_where_its_name_stands() -> None:
    made = Plan.model_validate(
        plan(step("a", 0, args={"x": "{{inputs.x}} {{secrets.KEY}} {{inputs.none}}"}), inputs={"x": "<&\"'>"})
    )
    marks = Page(plan_page(made)).named("mark")
    assert marks == [{"title": "<&\"'>"}, {}, {}]


def test_braces_of_an_input_are_no_reference() -> None:
    made = Plan.model_validate(plan(step("a", 0), inputs={"x": "{{secrets.KEY}}"}))
    assert Page(plan_page(made)).named("mark") == []


def test_a_thousand_steps_make_a_page_in_bounded_work() -> None:
    big = Plan.model_validate(plan(*(step(f"s{n}", n, *([f"s{n - 1}"] if n else [])) for n in range(1000))))
    started = time.perf_counter()
    text = plan_page(big)
    assert time.perf_counter() - started < 20
    assert len(text) < 5_000_000
