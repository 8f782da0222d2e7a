import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler_runner.runs.plain_lines import PlainLines

RUSSIAN = "Сбой диска D: контроллер не отвечает"


def plain(*chunks: bytes) -> str:
    lines = PlainLines()
    return (b"".join(map(lines.feed, chunks)) + lines.end()).decode("utf-8", "surrogateescape")


def wide(text: str) -> bytes:
    return text.encode("utf-16-le")


@pytest.mark.parametrize(
    "written, read",
    [
        (b"one\r\ntwo\n", "one\ntwo\n"),
        (b"one\r\r\ntwo\r\r\n\r\r\n", "one\ntwo\n\n"),
        (b"\n\r\n\n", "\n\n\n"),
        (b"begin\n\rcopying 0%\rcopying 1%\rdone\n", "begin\ncopying 0%\ncopying 1%\ndone\n"),
        (b"copying 0%\rcopying 1%\r\ndone", "copying 0%\ncopying 1%\ndone"),
        (b"last state\r", "last state\n"),
    ],
)
def test_return_ends_a_line_as_a_line_feed_does_and_makes_none_empty(written, read):
    assert plain(written) == read


@pytest.mark.parametrize(
    "written, read",
    [
        (b"\x1b[1;31mERROR\x1b[0m: no disk\x07\n", "ERROR: no disk\n"),
        (b"\x1b]0;title\x07text \x1b]8;;http://a\x1b\\link\x1b]8;;\x1b\\\n", "text link\n"),
        (b"\x1b(B\x1b=\x1b7a\x1b8\x1b[2K\x1b[1Gb\x1b[?25l\n", "ab\n"),
        (b"\x1b[2K\r10%\x1b[2K\r20%\n", "10%\n20%\n"),
        (b"|\x08/\x08-\x08\n", "|/-\n"),
        (b"a lone \x1b\nand a title \x1b]without its end\n", "a lone \nand a title without its end\n"),
    ],
)
def test_codes_for_a_terminal_are_taken_off(written, read):
    assert plain(written) == read


@pytest.mark.parametrize("mark", [b"", b"\xff\xfe"])
@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_utf16_is_read_with_and_without_a_byte_order_mark(mark, end):
    text = "".join(line + end for line in (RUSSIAN, "Disk D: read error 23", "", "да", "№ «ж» — ok 😀"))
    assert plain(mark + wide(text)) == text.replace("\r\n", "\n")


def test_chinese_names_are_read_where_a_mark_says_what_it_is():
    assert plain(b"\xff\xfe" + wide("复制文件\r\n")) == "复制文件\n"


def test_each_line_is_in_its_own_encoding():
    """``cmd /u``: its own ``echo`` writes UTF-16, the programs that it starts do not."""
    written = wide("echo: " + RUSSIAN + "\r\n") + b"plain line\r\n" + wide("and\r\n\r\n") + "ещё\n".encode("cp866")
    told = plain(written)
    assert told.startswith(f"echo: {RUSSIAN}\nplain line\nand\n\n")
    assert told.encode("utf-8", "surrogateescape").endswith("ещё\n".encode("cp866"))


@pytest.mark.parametrize(
    "written",
    [b"a\0b\0c\n", b"find -print0\0next\0", b"\0\n\0\n", b"name\0\n", "имя\0\n".encode(), b"\0\0\0\0", b"ab\n\0\0"],
)
def test_zero_bytes_of_other_programs_stay_as_they_are(written):
    assert plain(written).encode() == written


def test_byte_order_mark_of_utf8_is_no_part_of_the_first_line():
    assert plain(b"\xef\xbb\xbf<3>one\n\xef\xbb\xbftwo\n") == "<3>one\n\ufefftwo\n"


NARROW = [
    b"a",
    b"12 ",
    b"\r",
    b"\x1b[31m",
    b"\x1b",
    b"[",
    b"\x1b]0;t\x1b\\",
    b"\x07",
    "ж".encode(),
    b"\xd0",
    b"x" * 70_000,
]
WIDE = [b"\xff\xfe", wide("a "), wide("да"), wide("\r"), wide("\x1b[0m"), wide("№")]
LINES = st.one_of(
    st.lists(st.sampled_from(NARROW), max_size=6).map(lambda pieces: b"".join(pieces) + b"\n"),
    st.lists(st.sampled_from(WIDE), max_size=6).map(lambda pieces: b"".join(pieces) + wide("\n")),
)


@pytest.mark.slow
@settings(max_examples=200, deadline=None)
@given(st.data())
def test_lines_are_the_same_however_the_output_is_cut(data):
    text = b"".join(data.draw(st.lists(LINES, max_size=8))) + data.draw(st.sampled_from([b"", b"the end", b"\r"]))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=8)))
    chunks = [text[start:end] for start, end in zip([0, *cuts], [*cuts, len(text)])]
    assert plain(*chunks) == plain(text)


def test_begun_line_is_given_as_far_as_it_can_be_understood():
    lines = PlainLines()
    assert lines.feed(b"done\ncopying \x1b[3") == b"done\n"
    assert lines.has_begun_line
    assert lines.begun() == b"copying "
    assert not lines.has_begun_line
    assert lines.begun() == b""
    assert lines.feed(b"1m45%\r") == b""
    assert lines.begun() == b"45%"
    assert lines.feed(b"\n") == b"\n"
    assert lines.feed(b"\rnext\r46%") == b"next"
    assert lines.end() == b"\n46%"


def test_state_that_follows_a_begun_line_begins_a_line_of_its_own():
    lines = PlainLines()
    lines.feed(b"\r1%")
    assert lines.begun() == b"1%"
    assert lines.feed(b"\r2%\r3%") == b"\n2%"
    assert lines.begun() == b"\n3%"


def test_begun_line_in_utf16_is_given_up_to_its_last_whole_letter():
    lines = PlainLines()
    question = wide("Продолжить? [y/n] ")
    assert lines.feed(question[:-1]) == b""
    assert lines.begun().decode() == "Продолжить? [y/n]"
    assert lines.feed(question[-1:] + wide("y\r\nда\r\n")).decode() == " y\nда\n"


def test_long_line_in_utf16_is_read_in_pieces():
    text = "слово " * 40_000 + "\r\n"
    written = wide(text)
    chunks = [written[start : start + 65_535] for start in range(0, len(written), 65_535)]
    assert plain(*chunks) == text.replace("\r\n", "\n")


@pytest.mark.slow
@pytest.mark.parametrize("letter", [b"x", wide("ж"), b"\0", b"\x1b", b"\r"])
def test_line_without_end_is_held_in_little_memory(letter):
    lines = PlainLines()
    for _ in range(40):
        lines.feed(letter * (65_536 // len(letter)))
        assert len(lines._raw) + len(lines._tail) < 200_000
