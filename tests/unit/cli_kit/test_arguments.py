import pytest

from broker.cli.kit.arguments import Arguments, Family

USAGE = "Usage: tool --login LOGIN"


def arguments(family: Family = Family.GETOPT_LONG) -> Arguments:
    made = Arguments(prog="tool", usage_text=USAGE, family=family)
    made.add_argument("-l", "--login")
    made.add_argument("-m", "--multiplier", type=int)
    made.add_argument("--alias")
    made.add_argument("--alternate")
    return made


@pytest.mark.parametrize(
    "argv",
    [
        ["--login", "demo"],
        ["--login=demo"],
        ["--log", "demo"],  # a unique prefix
        ["-l", "demo"],
        ["-ldemo"],
        ["--login", "first", "--login", "demo"],  # the last value stays
        ["stray", "--login", "demo"],
    ],
)
def test_an_option_is_read_in_each_of_its_spellings(argv):
    options, _ = arguments().read(argv)

    assert options.login == "demo"


def test_a_negative_number_is_a_value_and_not_an_option():
    options, _ = arguments().read(["--multiplier", "-1"])

    assert options.multiplier == -1


def test_stray_positionals_are_given_back_in_order():
    _, strays = arguments().read(["one", "--login", "demo", "two", "--", "--three"])

    assert strays == ["one", "two", "--three"]


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_prints_the_usage_text_on_stdout_and_exits_0(flag, capsys):
    with pytest.raises(SystemExit) as ended:
        arguments().read([flag])

    assert ended.value.code == 0
    assert capsys.readouterr().out == USAGE + "\n"


@pytest.mark.parametrize(
    "argv",
    [
        ["--nonsense"],
        ["-x"],
        ["--login"],  # incomplete
        ["--al", "x"],  # --alias or --alternate
        ["--multiplier", "three"],
    ],
)
def test_a_wrong_option_is_one_line_on_stderr_and_usage_on_stdout_and_255(argv, capsys):
    with pytest.raises(SystemExit) as ended:
        arguments().read(argv)

    shown = capsys.readouterr()
    assert ended.value.code == 255
    assert shown.err.startswith("tool: ")
    assert shown.err.count("\n") == 1
    assert shown.out == USAGE + "\n"


def test_the_option_parser_family_exits_1_and_keeps_stdout_clean(capsys):
    with pytest.raises(SystemExit) as ended:
        arguments(Family.OPTION_PARSER).read(["--nonsense"])

    shown = capsys.readouterr()
    assert ended.value.code == 1
    assert shown.err.count("\n") == 1
    assert shown.out == ""


@pytest.mark.parametrize(
    ("family", "out", "err"),
    [
        (Family.GETOPT_LONG, USAGE + "\n", ""),
        (Family.OPTION_PARSER, "", USAGE + "\n"),
    ],
)
def test_a_missing_requirement_shows_usage_where_the_family_does(family, out, err, capsys):
    with pytest.raises(SystemExit) as ended:
        arguments(family).refuse()

    shown = capsys.readouterr()
    assert ended.value.code == int(family)
    assert (shown.out, shown.err) == (out, err)
