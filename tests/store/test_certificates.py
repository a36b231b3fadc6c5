"""Certificates of aliases in the database."""

import pytest
from store.rows import a_namespace, an_application

from broker.core.ids import CertificateId
from broker.core.routing_table import RoutedCertificate
from broker.interfaces import AliasCertificate

FIRST, SECOND = CertificateId("a" * 24), CertificateId("b" * 24)


@pytest.fixture
def shop(writing, user):
    """An application with the aliases `a.org` and `b.org`."""
    namespace = a_namespace(user, "demo")
    parts = an_application(user, namespace)
    application_id = parts.application.application_id
    with writing() as work:
        work.namespaces.add(namespace)
        work.applications.add(parts.application, parts.groups, parts.cartridges)
        for alias in ("a.org", "b.org"):
            work.applications.add_alias(application_id, alias)
        work.commit()
    return application_id


def certificate(application_id, certificate_id, alias="a.org"):
    return AliasCertificate(
        certificate_id=certificate_id,
        application_id=application_id,
        alias=alias,
        certificate=f"chain {certificate_id[0]}",
        private_key="sealed",
        added_at="2026-01-01T00:00:01Z",
    )


def put(writing, *each):
    with writing() as work:
        for one in each:
            work.certificates.put(one)
        work.commit()


def test_a_certificate_comes_back_as_it_was_stored(writing, reading, shop):
    put(writing, certificate(shop, FIRST))

    with reading() as work:
        assert work.certificates.by_id(FIRST) == certificate(shop, FIRST)
        assert work.certificates.by_id(SECOND) is None
        assert work.certificates.added_at([shop, "0" * 24]) == {shop: {"a.org": "2026-01-01T00:00:01Z"}}
        assert work.certificates.routed([shop]) == {
            shop: (RoutedCertificate(alias="a.org", ssl="chain a", private_key_reference=FIRST),)
        }


def test_another_takes_the_place_of_the_one_before(writing, reading, shop):
    put(writing, certificate(shop, FIRST), certificate(shop, SECOND))

    with reading() as work:
        assert (work.certificates.by_id(FIRST), work.certificates.by_id(SECOND)) == (None, certificate(shop, SECOND))


def test_what_is_removed_is_gone_and_others_stay(writing, reading, shop):
    put(writing, certificate(shop, FIRST), certificate(shop, SECOND, "b.org"))

    with writing() as work:
        work.certificates.remove(shop, "a.org")
        work.commit()

    with reading() as work:
        assert work.certificates.by_id(FIRST) is None
        assert list(work.certificates.added_at([shop])[shop]) == ["b.org"]
        assert work.applications.aliases([shop]) == {shop: ("a.org", "b.org")}


def test_without_any_there_is_nothing(reading, shop):
    with reading() as work:
        assert (work.certificates.added_at([shop]), work.certificates.routed([shop])) == ({}, {})
        assert work.certificates.routed([]) == {}


def test_a_certificate_goes_with_its_alias(writing, reading, shop):
    put(writing, certificate(shop, FIRST))

    with writing() as work:
        work.applications.remove_alias(shop, "a.org")
        work.commit()

    with reading() as work:
        assert work.certificates.by_id(FIRST) is None
