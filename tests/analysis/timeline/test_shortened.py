"""What is left out of a long timeline, and where its bars are then."""

from __future__ import annotations

from analysis.timeline import Timeline
from analysis.timeline.layout import placed_spans, track_of
from analysis.timeline.parts import Arrow, Lane, Moment, Span
from analysis.timeline.shortened import shortened


def timeline_of_moments(
    count: int, spans: tuple[Span, ...], arrows: tuple[Arrow, ...] = ()
) -> Timeline:
    moments = tuple(Moment(10 * n, 0, f"step{n}", 1, f"step {n}", "fd_poll") for n in range(count))
    lanes = (Lane("waiter 1", "the task that waits"),)
    return Timeline("title", "poll", 1, "6.1", "x.trace", "", lanes, moments, spans, arrows)


def test_the_middle_is_left_out() -> None:
    timeline = timeline_of_moments(
        20,
        (
            Span("entries", 1, 19, 2, "all along"),
            Span("asleep", 2, 3, 1, "before"),
            Span("asleep", 7, 9, 1, "inside"),
            Span("asleep", 4, 9, 1, "into"),
            Span("asleep", 9, 18, 1, "out of"),
            Span("others", None, None, 1, "from before"),
        ),
        (Arrow(1, "queues", span=0), Arrow(9, "queues", span=2), Arrow(17, "waiter", 18, 4)),
    )
    short = shortened(timeline, 9)
    assert [each.kernel for each in short.moments] == [
        *(f"step{n}" for n in range(6)), "step17", "step18", "step19",
    ]  # fmt: skip
    assert (short.left_out, short.left_out_at) == (11, 6)
    assert [(span.words, span.first, span.last) for span in short.spans] == [
        ("all along", 1, 8),
        ("before", 2, 3),
        ("into", 4, 5),
        ("out of", 6, 7),
        ("from before", None, None),
    ]
    assert short.arrows == (Arrow(1, "queues", span=0), Arrow(6, "waiter", 7, 3))


def test_a_short_timeline_is_whole() -> None:
    timeline = timeline_of_moments(9, (Span("asleep", 2, 3, 1, "asleep"),))
    assert shortened(timeline, 9) is timeline


def test_bars_do_not_cover_each_other() -> None:
    timeline = timeline_of_moments(
        10,
        (
            Span("asleep", 1, 5, 1, "asleep"),
            Span("entries", 1, 4, 1, "first"),
            Span("ready list", 3, 6, 1, "beside it"),
            Span("own queue", 5, None, 1, "where the first was"),
            Span("others", None, None, 1, "from before, so foremost"),
        ),
    )
    bars = placed_spans(timeline)
    assert {bar.words: (bar.track, bar.first, bar.last) for bar in bars} == {
        "asleep": (-1, 1, 5),
        "from before, so foremost": (0, 0, 9),
        "first": (1, 1, 4),
        "beside it": (2, 3, 6),
        "where the first was": (1, 5, 9),
    }
    assert {bar.words: bar.lasts_ns for bar in bars}["first"] == 30
    assert track_of(Arrow(3, "queues", span=2), bars) == 2
    assert track_of(Arrow(3, "queues"), bars) == 0
