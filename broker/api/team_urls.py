"""The part of the table of the interface that is about teams, and about members of whatever has members."""

from broker.api.resources import members, operations, teams
from broker.api.schemas import members as member_schemas
from broker.api.schemas import teams as team_schemas
from broker.api.url import NOTHING, Paths, Shape, Url, here
from broker.core.access import Permission


def team_urls() -> tuple[Url, ...]:
    """Every resource of teams."""
    one = Shape(kind="team", schema=team_schemas.TeamSchema())
    many = Shape(kind="teams", schema=one.schema, many=True)
    all_teams, team = here("/teams"), here("/team/<team_id>")
    listing, wish = team_schemas.TeamListing(), team_schemas.TeamWish()
    return (
        Url("GET", all_teams, teams.list_teams, "List or search teams", many, form=listing, refusals=(422,)),
        Url(
            "POST",
            all_teams,
            teams.create_team,
            "Create a team",
            one,
            form=wish,
            status=201,
            refusals=(403, 422),
            recall=teams.show_created,
        ),
        Url("GET", team, teams.show_team, "Show a team", one, refusals=(404,), tagged=True),
        Url(
            "DELETE",
            team,
            teams.delete_team,
            "Delete a team",
            NOTHING,
            refusals=(403, 404),
            recall=operations.nothing_left,
            conditional=True,
        ),
        *member_urls(
            here("/team/<team_id>/members"),
            here("/team/<team_id>/member/<member_id>"),
            here("/team/<team_id>/members/self"),
        ),
    )


def member_urls(everybody: Paths, one_member: Paths, oneself: Paths) -> tuple[Url, ...]:
    """The resources of the members of a domain or a team: all of them, one of them, and the caller among them."""
    one = Shape(kind="member", schema=member_schemas.MemberSchema())
    many = Shape(kind="members", schema=one.schema, many=True)
    return (
        Url("GET", everybody, members.list_members, "List the members", many, refusals=(404,), tagged=True),
        *(
            Url(
                method,
                everybody,
                members.change_members,
                "Add, change and remove members",
                many,
                form=member_schemas.MemberChange(),
                other_shapes=(one,),
                refusals=(403, 404, 422),
                recall=members.show_changed,
                repeat_needs=Permission.CHANGE_DOMAIN_MEMBERS,
                conditional=True,
            )
            for method in ("POST", "PATCH")
        ),
        Url(
            "DELETE",
            everybody,
            members.reset_members,
            "Remove all members, or some",
            many,
            form=member_schemas.MemberRemoval(),
            refusals=(403, 404, 422),
            recall=members.list_members,
            repeat_needs=Permission.CHANGE_DOMAIN_MEMBERS,
            conditional=True,
        ),
        *_one_member(one_member, one),
        Url(
            "DELETE",
            oneself,
            members.leave,
            "Be a member no longer",
            NOTHING,
            other_shapes=(one,),
            refusals=(403, 404, 422),
            recall=operations.nothing_left,
            repeat_needs=None,
        ),
    )


def _one_member(one_member: Paths, one: Shape) -> tuple[Url, ...]:
    showing, change = member_schemas.MemberShowing(), member_schemas.RoleChange()
    return (
        Url(
            "GET",
            one_member,
            members.show_member,
            "Show a member",
            one,
            form=showing,
            refusals=(404, 422),
            tagged=True,
        ),
        Url(
            "PUT",
            one_member,
            members.set_role,
            "Change the role of a member",
            one,
            form=change,
            other_shapes=(NOTHING,),
            refusals=(403, 404, 422),
            recall=members.show_set,
            repeat_needs=Permission.CHANGE_DOMAIN_MEMBERS,
            conditional=True,
        ),
        Url(
            "DELETE",
            one_member,
            members.remove_member,
            "Remove a member",
            NOTHING,
            form=showing,
            other_shapes=(one,),
            refusals=(403, 404, 422),
            recall=operations.nothing_left,
            repeat_needs=Permission.CHANGE_DOMAIN_MEMBERS,
            conditional=True,
        ),
    )
