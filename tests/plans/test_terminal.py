"""Plans in the terminal."""

import time

import pytest

from opsroom_dagster.plans.compile import compile_template
from opsroom_dagster.plans.model import Plan
from opsroom_dagster.plans.templates import load_template
from opsroom_dagster.plans.terminal import graph_lines, levels
from tests.plans.parameters import GOOD
from tests.plans.test_check import plan, step


def made(*steps: dict[str, object]) -> Plan:
    return Plan.model_validate(plan(*steps))


def test_levels_say_what_can_run_in_parallel() -> None:
    found = made(step("a", 0), step("b", 1, "a"), step("c", 2, "a"), step("d", 3, "b", "c"), step("e", 4))
    assert levels(found) == [["a", "e"], ["b", "c"], ["d"]]
    text = "\n".join(graph_lines(found, 80))
    assert text.count("2 in parallel") == 2
    assert [line.split()[0] for line in graph_lines(found, 80) if line[0].isdigit()] == ["1", "2", "3"]


def test_dependencies_that_follow_from_others_are_not_drawn() -> None:
    direct = made(step("a", 0), step("b", 1, "a"), step("c", 2, "a", "b"))
    assert graph_lines(direct, 80) == graph_lines(made(step("a", 0), step("b", 1, "a"), step("c", 2, "b")), 80)


def test_a_graph_that_is_too_wide_becomes_its_levels() -> None:
    wide = made(step("a", 0), *(step(f"step-{n}", n + 1, "a") for n in range(40)))
    lines = graph_lines(wide, 60)
    assert lines[0] == "   1  a"
    assert lines[1].startswith("   2  40 in parallel: step-0, step-1")
    assert all(len(line) <= 60 for line in lines)
    assert all(f"step-{n}" in " ".join(lines) for n in range(40))


def test_circles_and_unknown_steps_are_survived() -> None:
    broken = made(step("a", 0, "c"), step("b", 1, "a", "nowhere"), step("c", 2, "b"))
    assert sorted(name for level in levels(broken) for name in level) == ["a", "b", "c"]
    assert graph_lines(broken, 80)
    assert graph_lines(made(), 80) == []


def test_a_thousand_steps_are_listed_quickly() -> None:
    big = made(*(step(f"s{n}", n, *([f"s{n - 3}"] if n > 2 else [])) for n in range(1000)))
    started = time.perf_counter()
    lines = graph_lines(big, 100)
    assert time.perf_counter() - started < 2
    assert lines[0] == "   1  3 in parallel: s0, s1, s2"


@pytest.mark.parametrize("slug", GOOD)
def test_every_template_can_be_drawn(slug: str) -> None:
    found = compile_template(load_template(slug), GOOD[slug][0])
    text = "\n".join(graph_lines(found, 120))
    assert all(step.id in text for step in found.steps)
