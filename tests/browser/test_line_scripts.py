"""The page's open line and its pace on their own, in a real browser."""

import pytest

SHARED = ("line", "pace")


@pytest.fixture
def blank(modules):
    return modules(*(f"ui/static/{name}.js" for name in SHARED))


# A socket of the browser's whose other end the test plays.
LINE = """
    window.sockets = []; window.time = 0;
    class Socket {
        static OPEN = 1;
        readyState = 0; sent = [];
        constructor(url) { this.url = String(url); sockets.push(this); }
        send(text) { this.sent.push(JSON.parse(text)); }
        close() { this.readyState = 3; this.onclose?.(); }
        open() { this.readyState = 1; this.onopen?.(); }
        answer(n, view) { this.onmessage({ data: JSON.stringify({ n, view }) }); }
    }
    window.line = openLine("stn-live", { now: () => time, Socket, patience: 30 });
"""


def line(page, script: str):
    return page.evaluate("async () => {" + LINE + script + "}")


def test_a_line_answers_by_number_and_is_passed_by_until_it_is_open(blank):
    early, late, url = line(
        blank,
        """const early = await line.ask({ a: 1 });
           sockets[0].open();
           const [first, second] = [line.ask({ a: 2 }), line.ask({ a: 3 })];
           sockets[0].answer(2, "second"); sockets[0].answer(1, "first"); sockets[0].answer(9, "of nobody");
           return [early, [await first, await second, sockets[0].sent], sockets[0].url];""",
    )
    assert early is None and url.startswith("ws://") and url.endswith("/stn-live")
    assert late == ["first", "second", [{"n": 1, "state": {"a": 2}}, {"n": 2, "state": {"a": 3}}]]


def test_a_line_that_does_not_answer_is_given_up_and_opened_again_later_each_time(blank):
    found = line(
        blank,
        """sockets[0].open();
           const found = [await line.ask({})];
           for (const at of [500, 1000, 1500, 2900, 3000, 3001]) {
             time = at;
             found.push([await line.ask({}), sockets.length]);
             if (sockets.at(-1).readyState === 0 && at !== 3001) sockets.at(-1).close();
           }
           return found;""",
    )
    assert found == [None, [None, 1], [None, 2], [None, 2], [None, 2], [None, 3], [None, 3]]


# Answers that take `trip` ms each, `together` of them in flight at a time; the limit before, after them, and after as
# many that take `later` ms; then the gap.
PACE = """async ([trip, later, work, together]) => {
    let clock = 0;
    const pace = createPace({ now: () => clock });
    const limits = [pace.limit()];
    for (const length of [trip, later]) {
        for (let round = 0; round < 5; round += 1) {
            const open = [];
            const ask = pace.timed(() => new Promise((answer) => open.push(answer)));
            const asked = Array.from({ length: together }, () => ask({}));
            clock += length;
            open.forEach((answer) => answer({ milliseconds: work }));
            await Promise.all(asked);
        }
        limits.push(pace.limit());
    }
    limits.push(pace.gap());
    return limits;
}"""


@pytest.mark.parametrize(
    ("trip", "later", "together", "limits"),
    [
        (12, 12, 2, [6, 2, 2, 0]),
        (110, 300, 2, [6, 6, 6, 50]),
        (12, 120, 1, [6, 2, 6, 20]),  # the network has become slow
        (12, 120, 6, [6, 2, 6, 20]),
        (110, 12, 6, [6, 6, 2, 0]),
        (12, 3000, 1, [6, 2, 6, 50]),
    ],
)
def test_pace_keeps_two_in_flight_on_a_fast_network_and_six_on_a_slow_one(blank, trip, later, together, limits):
    assert blank.evaluate(PACE, [trip, later, 8, together]) == limits


def test_pace_forgets_that_the_first_answer_took_a_second(blank):
    limit = blank.evaluate(
        """async () => {
            let clock = 0;
            const pace = createPace({ now: () => clock });
            for (const work of [1700, 8, 8]) {
                await pace.timed(async () => ((clock += 100 + work), { milliseconds: work }))({});
            }
            return pace.limit();
        }"""
    )
    assert limit == 6


def test_a_failure_is_no_longer_in_flight(blank):
    assert (
        blank.evaluate(
            """async () => {
                let clock = 0;
                const pace = createPace({ now: () => clock });
                await pace.timed(() => Promise.reject(new Error("gone")))({}).catch(() => {});
                for (const trip of [12, 110]) {
                    const ask = pace.timed(async () => ((clock += trip), { milliseconds: 8 }));
                    await ask({});
                }
                return pace.limit();
            }"""
        )
        == 6
    )
