"""Members of domains and of teams."""

from dataclasses import replace

from broker.api.call import Answer, Call, Message, told
from broker.api.schemas.members import ShownMember, counted
from broker.core.membership import Member
from broker.usecases import members as use
from broker.usecases.circles import Place
from broker.usecases.member_wishes import NO_ROLE
from broker.usecases.revisions import revision_of

ONE, MANY = "member", "members"
STILL_MEMBER = 132


def list_members(call: Call) -> Answer:
    """All members."""
    found = use.list_members(call.platform, call.user, _place(call))
    text = f"Found {counted(len(found), 'member')}."
    return Answer(data=_shown(call, found), messages=told(text), kind=MANY, revision=revision_of(found))


def show_member(call: Call) -> Answer:
    """One member."""
    found = use.show_member(call.platform, call.user, _place(call), _named(call))
    text = f"Showing member {call.path['member_id']}"
    return Answer(data=_one(call, found), messages=told(text), kind=ONE, revision=revision_of(found))


def change_members(call: Call) -> Answer:
    """The member that was added or changed, or else all members."""
    many = call.inputs["many"]
    done = use.change_members(call.platform, call.user, _place(call), call.inputs["wishes"], many=many)
    counts = (("added", done.added), ("updated", done.updated), ("removed", done.removed))
    parts = [f"{verb} {counted(count, 'member')}" for verb, count in counts if count]
    if done.missing:
        parts.append(f"ignored {counted(len(done.missing), 'missing member')} ({', '.join(done.missing)})")
    text = ", ".join(parts or ["changed no member"])
    messages = told(f"{text[0].upper()}{text[1:]}.", *_passed_over(done))
    if done.only is not None:
        return Answer(data=_one(call, done.only), messages=messages, kind=ONE)
    return Answer(data=_shown(call, done.members), messages=messages, kind=MANY)


def _passed_over(done: use.MembersChanged) -> list[Message]:
    """A warning for those that were to be removed and cannot be."""
    kinds = (
        (done.missing, "is not a member", "are not members"),
        (done.indirect, "is not a direct member", "are not direct members"),
    )
    return [
        Message(
            severity="warning",
            text=f"{_listed(names)} {one if len(names) == 1 else several} and cannot be removed.",
            exit_code=1,
        )
        for names, one, several in kinds
        if names
    ]


def _listed(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def show_changed(call: Call) -> Answer:
    """What the change of members has led to, for who has not got its answer."""
    wish, *more = call.inputs["wishes"]
    if more or wish.role == NO_ROLE:
        return list_members(call)
    path = {**call.path, "member_id": wish.member_id or wish.login}
    return show_member(replace(call, path=path, inputs={"type": wish.kind}))


def set_role(call: Call) -> Answer:
    """The member with its new role; nothing where it was taken away."""
    role = call.inputs["role"]
    after = use.set_role(call.platform, call.user, _place(call), _named(call), role)
    if after is None or role == NO_ROLE:
        return Answer(messages=told("Updated member"))
    return Answer(data=_one(call, after), messages=told("Updated member"), kind=ONE)


def show_set(call: Call) -> Answer:
    """The member whose role was changed, unless it was taken away."""
    return Answer() if call.inputs["role"] == NO_ROLE else show_member(call)


def remove_member(call: Call) -> Answer:
    """The member is none any more, or only through a team."""
    place = _place(call)
    still = use.remove_member(call.platform, call.user, place, _named(call))
    if still is None:
        return Answer(messages=told("Removed member."))
    kind = "team" if place.domain is None else "domain"
    return _still(call, still, f"The member {still.called} is still an indirect member of the {kind}.")


def reset_members(call: Call) -> Answer:
    """Who is left when the roles of some, or of all, were taken away."""
    references = call.inputs["references"]
    left, gone = use.reset_members(call.platform, call.user, _place(call), references)
    text = f"Removed or reset {counted(gone, 'member')}." if references else "Reverted members to the defaults."
    return Answer(data=_shown(call, left), messages=told(text), kind=MANY)


def leave(call: Call) -> Answer:
    """The caller is a member no more, or only through a team."""
    circle, still = use.leave(call.platform, call.user, _place(call))
    if still is None:
        return Answer(messages=told("You are no longer a member."))
    return _still(call, still, f"You are still an indirect member of the {circle.kind}.")


def _still(call: Call, member: Member, text: str) -> Answer:
    # The word is the field's: here, and nowhere else, a warning is called `warn`.
    message = Message(severity="warn", text=text, exit_code=STILL_MEMBER)
    return Answer(data=_one(call, member), messages=(message,), kind=ONE)


def _place(call: Call) -> Place:
    return Place(domain=call.path.get("domain_id"), team=call.path.get("team_id"))


def _named(call: Call) -> use.Named:
    return use.Named(reference=call.path["member_id"], kind=call.inputs["type"])


def _shown(call: Call, members: tuple[Member, ...]) -> list[ShownMember]:
    return [_one(call, each) for each in members]


def _one(call: Call, member: Member) -> ShownMember:
    place = _place(call)
    path = f"team/{place.team}" if place.domain is None else f"domain/{place.domain.lower()}"
    return ShownMember(member=member, place=path, frame=call.frame)
