import html
import itertools
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler_runner.logbook.masking import MASK, Masker, is_secret_name, secret_values

TOKEN = "123456789:AAF-abcdefghijklmnopqrstuvwxyz12345"


@pytest.mark.parametrize(
    "name", ["TELEGRAM_BOT_TOKEN", "db_password", "My_Secret", "API_KEY", "APIKEY", "AWS_CREDENTIALS"]
)
def test_secret_names_are_known_whatever_the_case(name):
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["PATH", "PVZ_ID", "KEYBOARD", "TASK_RUNNER"])
def test_other_names_are_no_secrets(name):
    assert not is_secret_name(name)


def test_short_values_are_left_alone_or_every_text_would_be_stars():
    assert secret_values({"A_TOKEN": "12345", "B_TOKEN": "123456", "PATH": "/usr/bin/long"}) == ["123456"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nothing here", "nothing here"),
        ("it is swordfish!", "it is ***!"),
        ("swordfishswordfish", "******"),
        ("swordfishing-rod", "***"),
        (f"https://api/bot{TOKEN}/send", "https://api/bot***/send"),
        ("12345:AAF-abcdefghijklmnopqrstuvwxyz12345", "12345:AAF-abcdefghijklmnopqrstuvwxyz12345"),
        ("пароль: секретное слово", "пароль: ***"),
        ("line one\nline two is one", "*** is one"),
    ],
)
def test_secrets_are_masked_and_nothing_else(text, expected):
    masker = Masker(["swordfish", "fishing-rod", "секретное слово", "line one\nline two", "short"])
    assert masker.text(text) == expected
    assert masker.raw(text.encode()).decode() == expected


@pytest.mark.parametrize("size", range(1, 60))
def test_a_secret_split_over_chunks_is_masked(size):
    text = f"a swordfish\nbot{TOKEN} swordswordfish 123456 12:30:45 fish\n".encode()
    stream = Masker(["swordfish"]).stream()
    written = b"".join(stream.feed(text[at : at + size]) for at in range(0, len(text), size)) + stream.end()
    assert written.decode() == f"a {MASK}\nbot{MASK} sword{MASK} 123456 12:30:45 fish\n"


def test_a_finished_line_is_not_held_back():
    assert Masker(["swordfish"]).stream().feed(b"at 12:30:45 done\n") == b"at 12:30:45 done\n"


def test_what_is_held_back_is_bounded_whatever_comes():
    stream = Masker(["swordfish"]).stream()
    written = stream.feed(b"123456:") + b"".join(stream.feed(b"A" * 1000) for _ in range(100)) + stream.feed(b" end\n")
    assert written == b"*** end\n"
    assert len(stream.feed(b"1" * 100_000)) > 90_000


@given(
    st.lists(
        st.sampled_from(
            [
                "sword",
                "fish",
                "swordfish",
                "fishing-rod",
                "\n",
                " ",
                "1234567",
                ":",
                "A" * 9,
                "b" * 13,
                "ж",
                "aaaa",
                "abc",
                "def",
                "ghi",
                "jkl",
            ]
        )
    ),
    st.data(),
)
def test_any_split_gives_what_the_whole_gives(pieces, data):
    text = "".join(pieces).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    masker = Masker(["swordfish", "fish\nsword", "fishing-rod", "aaaaaa", "rod1234567:A", "abcdef", "defghi", "ghijkl"])
    stream = masker.stream()
    edges = [0, *cuts, len(text)]
    written = b"".join(stream.feed(text[a:b]) for a, b in itertools.pairwise(edges)) + stream.end()
    assert written == masker.raw(text)


def test_secret_that_ends_a_piece_is_no_token_that_goes_on():
    stream = Masker(["fishing-rod"]).stream()
    text = b":AAAAAAAAAbbbbbbbbbbbbbfishing-rod"
    assert stream.feed(text) + stream.feed(b"sword\n") + stream.end() == b":AAAAAAAAAbbbbbbbbbbbbb***sword\n"


def test_of_secrets_that_overlap_no_end_is_left_when_they_come_letter_by_letter():
    stream = Masker(["abcdef", "defghi", "ghijkl"]).stream()
    written = b"".join(stream.feed(b"%c" % letter) for letter in b"-abcdefghijkl- defghi") + stream.end()
    assert written == b"-***- ***"


def test_secrets_without_an_end_are_not_held_back_without_an_end():
    stream = Masker(["aaaaaa"]).stream()
    assert b"".join(stream.feed(b"a" * 1000) for _ in range(100)) == b"***"
    assert len(stream._held) < 10
    assert stream.feed(b"b") + stream.end() == b"b"


@pytest.mark.parametrize(
    "printed", ["пароль-2026".encode("cp866"), "пароль-2026".encode("cp1251"), "пароль-2026".encode()]
)
def test_secret_is_masked_in_whatever_code_page_it_is_printed(printed):
    assert Masker(["пароль-2026"]).raw(b"login " + printed + b" ok") == b"login *** ok"


def test_secret_of_several_lines_is_masked_whatever_the_line_ends():
    masker = Masker(["-----BEGIN KEY-----\nMIIabcdefgh\n-----END KEY-----"])
    assert "MIIabcdefgh" not in masker.text("-----BEGIN KEY-----\r\nMIIabcdefgh\r\n-----END KEY-----")
    assert masker.text("<6>MIIabcdefgh") == "<6>***"


WRITTEN = {
    "json": lambda secret: json.dumps(secret).encode(),
    "json letters": lambda secret: json.dumps(secret, ensure_ascii=False).encode(),
    "repr": lambda secret: repr(secret).encode(),
    "repr of bytes": lambda secret: repr(secret.encode()).encode(),
    "percent": lambda secret: quote(secret).encode(),
    "percent in full": lambda secret: quote(secret, safe="").encode(),
    "html": lambda secret: html.escape(secret).encode(),
    "utf-16": lambda secret: secret.encode("utf-16-le"),
    "utf-16 with a mark": lambda secret: secret.encode("utf-16"),
}


@pytest.mark.parametrize(
    "secret", ["sword fish/ä", r"pass\word1", 'pass"word1', "парольный", "pass&word<'1", "sword😀fish"]
)
@pytest.mark.parametrize("how", WRITTEN)
def test_secret_is_masked_however_a_program_writes_it(secret, how):
    assert b"***" in Masker([secret]).raw(b"x " + WRITTEN[how](secret) + b" y")


@pytest.mark.parametrize(
    "name",
    ["DB_PASS", "MYSQL_PWD", "PASS", "passphrase", "BORG_PASSPHRASE", "PRIVATE_KEY", "AWS_ACCESS_KEY_ID", "AUTH_TOKEN"],
)
def test_name_that_says_secret_is_one(name):
    assert is_secret_name(name)


@pytest.mark.parametrize(
    "name", ["PWD", "OLDPWD", "SSH_AUTH_SOCK", "XAUTHORITY", "COMPASS", "BYPASS_PROXY", "PASSENGERS", "PATH"]
)
def test_name_that_only_looks_like_it_is_none(name):
    assert not is_secret_name(name)


def test_of_an_address_only_the_password_is_masked_and_each_part_of_it():
    environ = {"DATABASE_URL": "postgres://shop:sword/fish#tail99@db:5432/x", "HOME": "/home/a@b"}
    masker = Masker(secret_values(environ))
    assert masker.text(environ["DATABASE_URL"]) == "postgres://shop:***@db:5432/x"
    assert masker.text("cannot connect to tail99") == "cannot connect to ***"
    assert masker.text("/home/a@b") == "/home/a@b"
