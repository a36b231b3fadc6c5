"""The part of the table that is about the caller: their account, their SSH keys and their authorizations."""

from broker.api.resources import authorizations, keys, operations, user
from broker.api.schemas import authorizations as authorization_schemas
from broker.api.schemas import keys as key_schemas
from broker.api.schemas import user as user_schemas
from broker.api.url import NOTHING, Paths, Shape, Url, here


def account_urls() -> tuple[Url, ...]:
    """Every resource of the caller's own."""
    return (*_account(), *_keys(), *_authorizations())


def _account() -> tuple[Url, ...]:
    return (
        Url(
            "GET",
            here("/user"),
            user.show_user,
            "Show the caller's account",
            Shape(kind="user", schema=user_schemas.UserSchema()),
        ),
        Url(
            "DELETE",
            here("/user"),
            user.delete_user,
            "Delete the caller's account, if it is a sub-account",
            NOTHING,
            form=user_schemas.UserRemoval(),
            refusals=(404, 422, 500),
            recall=operations.nothing_left,
        ),
    )


def _keys() -> tuple[Url, ...]:
    one = Shape(kind="key", schema=key_schemas.KeySchema())
    many = Shape(kind="keys", schema=one.schema, many=True)
    path = Paths(("/user/key/<key_name>",), ("/user/keys/<key_name>",))
    return (
        Url("GET", here("/user/keys"), keys.list_all, "List SSH keys", many),
        Url(
            "POST",
            here("/user/keys"),
            keys.create,
            "Add an SSH key",
            one,
            form=key_schemas.KeyWish(),
            status=201,
            refusals=(404, 409, 422),
            recall=keys.show_created,
        ),
        Url("GET", path, keys.show, "Show an SSH key", one, refusals=(404,), tagged=True),
        Url(
            "PUT",
            path,
            keys.update,
            "Change an SSH key",
            one,
            form=key_schemas.KeyChange(),
            refusals=(404, 409, 422),
            recall=keys.show_updated,
            conditional=True,
        ),
        Url(
            "DELETE",
            path,
            keys.delete,
            "Remove an SSH key",
            NOTHING,
            refusals=(404,),
            recall=operations.nothing_left,
            conditional=True,
        ),
    )


def _authorizations() -> tuple[Url, ...]:
    """Answers with a token are kept nowhere, and neither are those that name one."""
    one = Shape(kind="authorization", schema=authorization_schemas.AuthorizationSchema())
    return (*_all_authorizations(one), *_one_authorization(one))


def _all_authorizations(one: Shape) -> tuple[Url, ...]:
    many = Shape(kind="authorizations", schema=one.schema, many=True)
    return (
        Url(
            "GET",
            here("/user/authorizations"),
            authorizations.list_all,
            "List authorizations",
            many,
            form=authorization_schemas.AuthorizationListing(),
            refusals=(422,),
            pages=True,
        ),
        Url(
            "POST",
            here("/user/authorizations"),
            authorizations.create,
            "Create an authorization, or find one that will do",
            one,
            form=authorization_schemas.AuthorizationForm(),
            status=201,
            other_statuses=(200,),
            refusals=(404, 422),
            recall=authorizations.show_created,
            shows_secret=True,
        ),
        Url(
            "DELETE",
            here("/user/authorizations"),
            authorizations.revoke_every,
            "Revoke all authorizations, or those with the same scopes",
            NOTHING,
            form=authorization_schemas.ScopeChoice(),
            refusals=(404, 422),
            recall=operations.nothing_left,
        ),
    )


def _one_authorization(one: Shape) -> tuple[Url, ...]:
    path = Paths(("/user/authorization/<authorization>",), ("/user/authorizations/<authorization>",))
    return (
        Url(
            "GET",
            path,
            authorizations.show,
            "Show an authorization by id or token",
            one,
            refusals=(404,),
            tagged=True,
        ),
        Url(
            "PUT",
            path,
            authorizations.update,
            "Change the note of an authorization",
            one,
            form=authorization_schemas.NoteForm(),
            refusals=(404, 422),
            recall=authorizations.show_updated,
            conditional=True,
            shows_secret=True,
        ),
        Url(
            "DELETE",
            path,
            authorizations.revoke_one,
            "Revoke an authorization by id or token",
            NOTHING,
            refusals=(404,),
            recall=authorizations.tell_revoked,
            conditional=True,
            shows_secret=True,
        ),
    )
