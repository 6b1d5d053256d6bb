"""The bar on a terminal: what it shows, when it goes away, and that it may be none."""

from __future__ import annotations

import io

from rich.console import Console

from kadanoff.live_bar import live_bar


def terminal() -> tuple[Console, io.StringIO]:
    text = io.StringIO()
    kind = {"TERM": "xterm"}  # whatever the tests run in
    console = Console(file=text, force_terminal=True, color_system=None, width=100, _environ=kind)
    return console, text


def drawings(text: io.StringIO) -> list[str]:
    """What was drawn since the last call."""
    drawn = text.getvalue().replace("\r", "\n").replace("\x1b[2K", "")
    text.truncate(0)
    text.seek(0)
    return [line for line in drawn.split("\n") if "━" in line]


def test_columns_stand_in_the_order_of_the_call() -> None:
    console, text = terminal()
    with live_bar("working", 8, ("percent", "numbers", "left"), console=console, done=2) as bar:
        drawings(text)
        bar.show(6, "3.5 flips/ns", what="T = [2]")
        (line,) = drawings(text)
    parts = line.split("━" * 10)
    assert parts[0].startswith("T = [2] ")
    assert parts[-1].split()[-5:-2] == ["75%", "3.5", "flips/ns"]
    assert parts[-1].split()[-1] == "left"


def test_counts_units_and_later_totals() -> None:
    console, text = terminal()
    with live_bar("summing", None, ("count", "slices", "elapsed"), console=console) as bar:
        drawings(text)
        bar.show(3, total=4)
        (line,) = drawings(text)
    assert line.startswith("summing ")
    assert "3/4 slices 0:00:0" in line


def test_it_goes_away_while_something_else_is_printed() -> None:
    console, text = terminal()
    with live_bar("training", 3, ("percent",), console=console) as bar:
        drawings(text)
        with bar.hidden():
            drawings(text)
            console.print("epoch 1")
            assert text.getvalue() == "epoch 1\n"
            drawings(text)
        bar.show(1)
        assert " 33%" in drawings(text)[-1]


def test_none_is_shown_where_it_should_not() -> None:
    console, text = terminal()
    with live_bar("working", 8, console=console, shown=False) as bar:
        bar.show(4, "half")
        with bar.hidden():
            pass
    assert text.getvalue() == ""
