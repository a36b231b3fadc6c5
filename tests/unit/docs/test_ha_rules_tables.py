from pathlib import Path

import pytest
from ha_tables import documented_tables, with_tables

PAGE = Path(__file__).parents[3] / "docs" / "ha-rules.md"


def test_the_tables_of_the_page_are_what_the_rules_compute():
    text = PAGE.read_text(encoding="utf-8")

    assert with_tables(text) == text


def test_every_computed_table_is_on_the_page():
    text = PAGE.read_text(encoding="utf-8")

    assert [name for name in documented_tables() if f"<!-- table: {name} -->" not in text] == []


def test_a_table_that_is_out_of_date_is_computed_anew():
    text = "Before.\n<!-- table: proxy-counts -->\n| old |\n<!-- /table -->\nAfter."

    fresh = with_tables(text)

    assert documented_tables()["proxy-counts"] in fresh
    assert "| old |" not in fresh
    assert fresh.startswith("Before.")
    assert fresh.endswith("After.")


def test_a_table_that_nobody_computes_is_refused_by_name():
    with pytest.raises(ValueError, match="no table is called wages"):
        with_tables("<!-- table: wages -->\n<!-- /table -->")
