"""What many removals at once look like, from their shares alone."""

import pytest

from sync.wording.loss import Share, pattern


def classes(*shares):
    return [Share(f"{number}a/Ma1", many, of) for number, (many, of) in enumerate(shares, 7)]


def years(**shares):
    return [Share(f"Year {name[1:]}", many, of) for name, (many, of) in shares.items()]


@pytest.mark.parametrize(
    ("in_years", "in_classes", "said"),
    [
        ({"y7": (5, 60), "y8": (0, 60)}, [(5, 30), (0, 30), (0, 30), (0, 30)], ""),
        ({"y7": (60, 60), "y8": (60, 60)}, [(30, 30)] * 4, "All 120 students would go, which looks like a fault"),
        ({"y7": (15, 60), "y8": (15, 60)}, [(7, 30), (8, 30), (7, 30), (8, 30)], "Every class loses about a quarter"),
        ({"y7": (15, 60), "y8": (15, 60)}, [(7, 30), (8, 30), (15, 30), (0, 30)], ""),
        (
            {"y7": (30, 60), "y8": (1, 60)},
            [(30, 30), (1, 30), (0, 30), (0, 30)],
            "All but 1 are in 7a/Ma1, which loses everybody.",
        ),
        (
            {"y7": (13, 60), "y8": (0, 60)},
            [(13, 15), (0, 45), (0, 30)],
            "All of them are in 7a/Ma1, which loses nearly",
        ),
        ({"y7": (0, 60), "y8": (20, 60)}, [(0, 30), (0, 30), (9, 30), (11, 30)], "All of them are in Year 8."),
        ({"y7": (9, 60), "y8": (20, 60)}, [(9, 30), (0, 30), (9, 30), (11, 30)], ""),
    ],
    ids=[
        "few",
        "everybody",
        "evenly",
        "unevenly",
        "a whole class",
        "nearly a whole class",
        "one year group",
        "nothing",
    ],
)
def test_what_it_looks_like(in_years, in_classes, said):
    told = pattern(years(**in_years), classes(*in_classes))

    assert told.startswith(said)
    assert bool(told) == bool(said)


def test_a_few_whole_classes_are_named():
    told = pattern(years(y7=(60, 240)), classes((30, 30), (30, 30), (0, 30), (0, 30)))

    assert (
        told
        == "All of them are in classes that lose everybody: 7a/Ma1 and 8a/Ma1. They may have ended or been renamed."
    )
