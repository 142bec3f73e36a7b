from __future__ import annotations

import pytest

from motionbench.data import prompts_csv
from motionbench.data.resampling import Cut
from motionbench.errors import UsageError

HEADER = "file,category,reference_prompt,prompt"


def read(tmp_path, text: str, encoding: str = "utf-8"):
    (tmp_path / "prompts.csv").write_text(text, encoding=encoding)
    return prompts_csv.read(tmp_path / "prompts.csv")


def test_the_example_is_valid(tmp_path):
    (listed,) = read(tmp_path, prompts_csv.EXAMPLE)
    assert listed.category == "human"


def test_prompts_stand_in_columns_or_in_rows(tmp_path):
    columns = read(tmp_path, f"{HEADER},prompt_2,prompt_3\na.mp4,human,x,one,,two\n")
    rows = read(tmp_path, f"{HEADER}\na.mp4,human,x,one\n\na.mp4,human,x,two\n")
    assert columns == rows
    assert columns[0].prompts == {"p1": "one", "p2": "two"}


def test_a_prompt_is_called_as_its_column_where_that_has_a_name(tmp_path):
    header = "file,category,reference_prompt,prompt_scene,prompt_2,prompt_p7,prompt_motion-free"
    (listed,) = read(tmp_path, f"{header}\na.mp4,human,x,one,two,three,four\na.mp4,human,x,five,,,\n")
    assert listed.prompts == {"scene": "one", "p2": "two", "p3": "three", "motion-free": "four", "p5": "five"}


def test_a_table_saved_by_a_spreadsheet_is_read(tmp_path):
    (listed,) = read(tmp_path, f"{HEADER}\r\na.mp4,human,x,one\r\n", encoding="utf-8-sig")
    assert listed.file == "a.mp4"


def test_optional_columns_cut_the_file(tmp_path):
    (listed,) = read(tmp_path, f"{HEADER},start,every,fps\na,human,x,one,187,2,12.5\n")
    assert listed.cut == Cut(187, 2, 12.5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "file,category,prompt\n",
            "prompts.csv:1: the header lacks reference_prompt, got file,category,prompt; for example",
        ),
        ("", "prompts.csv:1: the header lacks file, category, reference_prompt, prompt, got nothing"),
        (f"{HEADER},strat\n", "prompts.csv:1: unknown column 'strat'; did you mean 'start'?"),
        (f"{HEADER},prompt\n", "prompts.csv:1: the column 'prompt' stands there twice; name it prompt_2"),
        (f"{HEADER}\na.mp4,humn,x,one\n", "prompts.csv:2: no category 'humn'; did you mean 'human'?"),
        (f"{HEADER}\na.mp4,human,,one\n", "prompts.csv:2: reference_prompt is empty; fill it in"),
        (f"{HEADER}\na.mp4,human,x\n", "prompts.csv:2: the row has no prompt; write one in the column prompt"),
        (
            f"{HEADER}\na.mp4,human,x,one, two\n",
            "prompts.csv:2: 5 cells under 4 columns; put texts with commas in quotes",
        ),
        (f"{HEADER},start\na.mp4,human,x,one,-3\n", "prompts.csv:2: start is a whole number of at least 0, got '-3'"),
        (f"{HEADER},every\na.mp4,human,x,one,0\n", "prompts.csv:2: every is a whole number of at least 1, got '0'"),
        (f"{HEADER},fps\na.mp4,human,x,one,fast\n", "prompts.csv:2: fps is a number above 0, got 'fast'"),
        (
            f"{HEADER}\na.mp4,human,x,one\na.mp4,camera,x,two\n",
            "prompts.csv:3: a.mp4 stands in an earlier row with another category, reference_prompt or cut",
        ),
        (f'{HEADER}\na.mp4,human,"x,one\n', "prompts.csv: not a comma-separated table"),
    ],
)
def test_faults_name_line_and_next_step(tmp_path, text, message):
    with pytest.raises(UsageError) as caught:
        read(tmp_path, text)
    assert message in str(caught.value)


def test_all_rows_are_checked_in_one_pass(tmp_path):
    with pytest.raises(UsageError) as caught:
        read(tmp_path, f"{HEADER}\na.mp4,humn,x,one\nb.mp4,camera,,two\n")
    assert len(str(caught.value).splitlines()) == 2
