"""$[...]: every recorded case, and what no text may do."""

import pytest
from asterism.dialplan import expression, longdouble, regex
from hypothesis import given
from hypothesis import strategies as st

from tests.dialplan.world import Paper, Registry, called, plan
from tests.oracle.cases import Case, cases

PLAIN = [
    case
    for case in cases("expressions")
    if not case.get("set") and "${" not in case["expr"] and "$" not in case["expr"]
]
NO_FUNCTIONS = [
    case
    for case in PLAIN
    if case["truth"]["value"] is not None and case["cat"] != "func" and "LEN(" not in case["expr"]
]


@pytest.mark.parametrize("category", sorted({case["cat"] for case in NO_FUNCTIONS}))
def test_recorded(category: str) -> None:
    wrong = []
    for case in NO_FUNCTIONS:
        want = case["truth"]["value"]
        # The recorder replaced what looked like a unique id, and a bracket in quotes ends the expression before.
        if case["cat"] == category and "<uniqueid>" not in want and case["expr"] != '"]["':
            got = expression.evaluate(case["expr"])
            if got != want:
                wrong.append((case["expr"], want, got))
    assert not wrong


def test_mathematical_functions() -> None:
    assert expression.evaluate("SQRT(2)") == "1.41421356237309505"
    assert expression.evaluate("SIN(2.5)") == "0.598472144103956494"
    assert expression.evaluate("SQRT(-1)") == "-nan"
    assert expression.evaluate("ACOS(2)") == "nan"
    assert expression.evaluate("sqrt(2)") == "0"


def test_other_functions_are_asked() -> None:
    asked = []

    def call(name: str, argument: str) -> str:
        asked.append((name, argument))
        return "7"

    assert expression.evaluate('LEN("hello")+1', call) == "8"
    assert asked == [("LEN", '"hello"')]


@given(st.text(max_size=60))
def test_any_text_has_a_value(text: str) -> None:
    assert isinstance(expression.evaluate(text, lambda name, argument: ""), str)


@given(st.text(alphabet='0123456789.+-*/%()<>=!&|?:~"ab $', max_size=40))
def test_any_expression_has_a_value(text: str) -> None:
    assert isinstance(expression.evaluate(text), str)


@given(
    st.text(alphabet='0123456789.+-*/%()<>=!&|?:~"ab ', max_size=12),
    st.sampled_from(
        [
            "${v}",
            "${v}+1",
            "${v}-3",
            '"${v}"="a"',
            "${v}<5",
            "${v}<${v}",
            "1+${v}*2",
            "0${v}+1",
            "${v}?x::y",
            "${v}${v}=11",
            "!${v}",
            "-${v}",
        ]
    ),
)
def test_compiled_shapes_are_what_the_text_is(value: str, template: str) -> None:
    paper = Paper(None, {})
    paper.variables["v"] = value
    from asterism.dialplan import substitution
    from asterism.dialplan.compile import Compiler

    evaluate = Compiler(Registry()).now(substitution.parse(f"$[{template}]"))
    assert evaluate is not None
    assert evaluate(paper) == expression.evaluate(template.replace("${v}", value))


@given(st.integers(-(10**17), 10**17), st.integers(-(10**17), 10**17))
def test_sums_of_whole_numbers_are_exact(left: int, right: int) -> None:
    assert expression.evaluate(f"{left}+{right}") == str(left + right)


@given(st.floats(allow_nan=False, allow_infinity=False, min_value=1e-300, max_value=1e300))
def test_every_double_survives_the_library(value: float) -> None:
    from fractions import Fraction

    exact = longdouble.fit(Fraction(value))
    assert longdouble.function("fabs", exact) == exact


def test_deep_parentheses_are_a_syntax_error() -> None:
    assert expression.evaluate("(" * 5000 + "1" + ")" * 5000) == "0"


def test_unclosed_in_a_line() -> None:
    case: Case = next(case for case in cases("expressions") if case["truth"]["value"] is None)
    paper = called(f"[default]\nexten => s,1,NoOp(<$[{case['expr']}]>)\n")
    assert paper.traces[0][4] == case["truth"]["data"]


def test_variables_are_put_in_first() -> None:
    wrong = []
    for case in cases("expressions"):
        if case.get("set") and case["cat"] == "vars" and "(" not in case["expr"] and case["truth"]["value"] is not None:
            steps = [f"Set({name}={value})" for name, value in case["set"]]
            text = "[default]\nexten => s,1," + "\n same => n,".join([*steps, f"NoOp($[{case['expr']}])"])
            got = Paper(plan(text)).run().traces[-1][4]
            if got != case["truth"]["value"]:
                wrong.append((case["expr"], case["truth"]["value"], got))
    assert not wrong


def test_a_long_expression_is_no_deep_one() -> None:
    assert expression.evaluate("+".join("1" * 3000)) == "3000"
    assert expression.evaluate("1?" * 1 + "a::b?" * 2000 + "a::b") == "a"
    assert expression.evaluate("9" * 6000 + "+0") == "inf"
    assert expression.evaluate("*".join(["9" * 4000] * 5)) == "inf"


@pytest.mark.parametrize("text", ["SIN()", "1+SIN()", "5 ? 1 :: cos()", "POW(2,3)+FLOOR()"])
def test_a_function_without_an_argument_is_a_syntax_error(text: str) -> None:
    assert expression.evaluate(text) == "0"


def test_the_remainder_of_a_division_by_zero_is_that_zero() -> None:
    assert [expression.evaluate(text) for text in ("5%0", "5%-0", "-5%-0")] == ["0", "-0", "-0"]


@pytest.mark.parametrize("pattern", [r"(.*)(.*)(.*)\1\2\3x", r"(a)\\\1", r"^(a*)*\1$"])
def test_a_pattern_from_outside_has_no_back_reference(pattern: str) -> None:
    with pytest.raises(regex.BadPattern, match="back-references"):
        regex.from_outside(pattern)


@pytest.mark.parametrize(
    ("pattern", "text", "fits"), [(r"a\\1", r"a\1", True), ("a(b|c)+$", "xabcb", True), ("^b", "ab", False)]
)
def test_whether_a_pattern_fits(pattern: str, text: str, fits: bool) -> None:
    assert regex.from_outside(pattern).fits(text) is fits
