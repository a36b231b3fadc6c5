"""A page of a long list of applications is read from where it begins, not from the beginning."""

import re
from contextlib import contextmanager
from dataclasses import replace

import pytest
from sqlalchemy import event, insert, text
from store.rows import a_namespace, an_application

from broker.core.access import Role
from broker.core.ids import ApplicationId, GroupId, NamespaceId, UserId
from broker.core.owner import NamespaceContents
from broker.store.tables import applications, gear_groups

MANY = 3000
PAGE = 20
OWNERS = "ix_applications_owner_id_name_application_id"
SORTS = re.compile(r"TEMP B-TREE FOR ORDER BY|\bSort\b")


def row(parts, number, namespace_id, owner_id, name):
    application = replace(
        parts.application,
        application_id=ApplicationId(f"{number:024x}"),
        namespace_id=namespace_id,
        owner_id=owner_id,
        name=name,
    )
    return {column.name: getattr(application, column.name) for column in applications.columns}


def group_row(place, number, profile, gears):
    """A group of so many gears for the application of that number."""
    return {
        "group_id": GroupId(f"{100 + place:024x}"),
        "application_id": ApplicationId(f"{number:024x}"),
        "ordinal": place,
        "profile": profile,
        "gear_count": gears,
        "proxy_count": 0,
        "ordinals": gears,
        "proxies_out": False,
        "additional_storage": 0,
    }


@pytest.fixture
def crowded(database, writing, user):
    """`demo` with many applications, and as many of somebody else's between them."""
    other = replace(user, user_id=UserId(f"{99:024x}"), login="other")
    own, strange = a_namespace(user, "own"), a_namespace(other, "strange", 2)
    with writing() as work:
        work.users.add(other)
        work.namespaces.add(own)
        work.namespaces.add(strange)
        work.commit()
    parts = an_application(user, own)
    with database.engine.begin() as connection:
        connection.execute(
            insert(applications),
            [
                row(parts, 2 * number + place, each.namespace_id, each.owner_id, f"app{number:05}")
                for number in range(MANY)
                for place, each in enumerate((own, strange))
            ],
        )
        connection.execute(text("ANALYZE"))
    return own, strange


@contextmanager
def noted(database):
    found = []

    def note(_connection, _cursor, statement, parameters, *_):
        found.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note)
    yield found
    event.remove(database.engine, "before_cursor_execute", note)


def plans_of(database, statements):
    explain = "EXPLAIN QUERY PLAN" if database.is_sqlite else "EXPLAIN"
    with database.engine.connect() as connection:
        cursor = connection.connection.cursor()
        for statement, parameters in statements:
            cursor.execute(f"{explain} {statement}", parameters)
            yield "\n".join(" ".join(map(str, found)) for found in cursor.fetchall())


def page(reading, user, number, others=(), namespace_id=None):
    after = None if number == 0 else (f"app{number * PAGE - 1:05}", ApplicationId(f"{MANY * 2:024x}"))
    with reading() as work:
        return work.applications.listed(user.user_id, others, namespace_id=namespace_id, limit=PAGE, after=after)


@pytest.mark.parametrize("number", [0, 75, MANY // PAGE - 1])
def test_a_page_of_an_owner_is_found_by_its_index_without_sorting_all(database, reading, user, crowded, number):
    with noted(database) as statements:
        found = page(reading, user, number)

    assert [each.application.name for each in found] == [f"app{number * PAGE + place:05}" for place in range(PAGE)]
    (which,) = [plan for plan in plans_of(database, statements) if OWNERS in plan]
    assert not SORTS.search(which), which
    assert len(statements) == 3  # which, what they are, and their parts


def test_every_page_takes_the_same_statements(database, reading, user, crowded):
    texts = []
    for number in (0, 1, 75, MANY // PAGE - 1):
        with noted(database) as statements:
            page(reading, user, number)
        texts.append([statement for statement, _ in statements])

    assert texts[1] == texts[2] == texts[3]
    assert len(texts[0]) == len(texts[1])


def test_a_page_of_one_namespace_is_found_by_its_name_without_sorting_all(database, reading, user, crowded):
    own, _ = crowded

    with noted(database) as statements:
        found = page(reading, user, 75, namespace_id=own.namespace_id)

    assert [each.application.name for each in found] == [f"app{75 * PAGE + place:05}" for place in range(PAGE)]
    which = next(plans_of(database, statements))
    assert "SCAN applications" not in which
    assert "Seq Scan" not in which


def test_own_and_shared_applications_come_in_one_order(writing, reading, user, crowded):
    _, strange = crowded
    with writing() as work:
        work.members.put(strange.namespace_id, "user", user.user_id, Role.VIEW)
        work.commit()

    found = page(reading, user, 2, others=[strange.namespace_id])

    assert [each.application.name for each in found] == [f"app{40 + place // 2:05}" for place in range(PAGE)]
    assert len({each.application.application_id for each in found}) == PAGE


def test_what_is_in_namespaces_is_counted_by_the_database(database, reading, user, crowded):
    own, strange = crowded
    sizes = [(1, "small", 2), (2, "small", 3), (1, "medium", 1), (5, "large", 0)]
    with database.engine.begin() as connection:
        connection.execute(insert(gear_groups), [group_row(place, *each) for place, each in enumerate(sizes)])
        deleting = applications.c.application_id == f"{3:024x}"
        connection.execute(applications.update().where(deleting).values(phase="deleting"))

    with noted(database) as statements, reading() as work:
        found = work.namespaces.contents([own.namespace_id, strange.namespace_id, NamespaceId(f"{77:024x}")])

    assert len(statements) == 1
    assert found[own.namespace_id] == NamespaceContents(applications=MANY, gears={"small": 3})
    assert found[strange.namespace_id] == NamespaceContents(
        applications=MANY - 1, gears={"small": 2, "medium": 1, "large": 0}
    )
    assert len(found) == 2
