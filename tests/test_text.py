"""Text made short and harmless."""

from auditkit.text import first_few, one_line, printable, shown


def test_the_first_names_and_how_many_more():
    assert first_few([]) == ""
    assert first_few(["a", "b"], 2) == "a, b"
    assert first_few(["a", "b", "c"], 2) == "a, b and 1 more"
    assert first_few([str(number) for number in range(1500)], 1, "; ") == "0 and 1,499 more"
    assert first_few(["a", "b", "c"], 2, "; ") == "a; b and 1 more"


def test_what_a_terminal_would_obey_is_taken_out():
    assert printable("\x1b[31mred\x1b[0m\u202e") == "red" and len(printable("x" * 3000)) == 2000
    assert one_line("a\n b\tc") == "a b c"
    assert one_line("four", 4) == "four" and one_line("fours", 4) == "fou…" and one_line("a\n" * 300, 4) == "a a…"


class Silent:
    """An object of a stranger that refuses to be written."""

    def __repr__(self):
        raise RuntimeError("no")


class Mute(Exception):
    def __str__(self):
        raise ValueError("no")


def test_what_refuses_to_be_written_is_told_by_its_kind():
    assert (printable(Silent()), one_line(Mute()), shown(Silent())) == ("a Silent", "a Mute", "a Silent")
    assert shown([Silent()]) == "a list" and shown(10**5000) == "a int"
    assert shown("a\nb") == r"'a\nb'" and len(shown("x" * 300)) == 80
