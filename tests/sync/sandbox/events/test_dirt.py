"""What dirty events do, as a client sees it."""

from schools.text.identifiers import upn


def upns(table):
    return {
        wonde_id: row["education_details"]["data"]["upn"]
        for wonde_id, row in table("students", include="education_details").items()
    }


def test_every_upn_is_well_formed_until_placeholder_upns_writes_one_text_over_them(day, table):
    assert all(upn(found) == found for found in upns(table).values() if found)

    day({"event": "placeholder_upns", "share": 0.5, "text": "TBC"})

    found = list(upns(table).values())
    assert found.count("TBC") == round(len(found) / 2)


def test_zero_dates_are_the_leaving_dates_of_everybody_or_of_a_share(day, table):
    day({"event": "zero_dates", "date": "0000-00-00", "share": 0.5})

    rows = table("students", include="education_details").values()
    dates = [row["education_details"]["data"]["leaving_date"] for row in rows]
    assert [found["date"] for found in dates if found] == ["0000-00-00 00:00:00.000000"] * round(len(dates) / 2)


def test_join_as_leaver_gives_a_new_student_the_upn_of_somebody_who_left(day, table):
    before = upns(table)
    (left,) = day({"event": "leave"})

    (joined,) = day({"event": "join_as_leaver", "student": left["student"]})

    assert joined["leaver"] == left["student"]
    assert joined["student"] not in before
    assert upns(table)[joined["student"]] == before[left["student"]]
