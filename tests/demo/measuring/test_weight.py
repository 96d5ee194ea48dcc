from demo.measuring.weight import weight


def test_what_came_is_counted_and_what_was_there_is_not():
    page = "http://127.0.0.1:7860/"
    entries = [
        (page, 30_000),
        (f"{page}assets/index.js", 400_000),
        (f"{page}stn-assets/0123/ui/static/store.js", 2_400),
        (f"{page}stn-assets/0123/ui/static/store.js", 0),
        (f"{page}stn-live", 1_200),
    ]
    assert weight(entries) == {
        "first_visit_kb": 434,
        "first_visit_requests": 4,
        "first_visit_own_kb": 34,
        "first_visit_own_requests": 3,
    }
