"""Roles as groups, permissions as access lines and record rules: least privilege where the documents say anything."""

from collections.abc import Iterable, Iterator, Mapping

from opsroom_dagster.codegen.odoo.design import AccessDesign, GroupDesign, ModelDesign, RuleDesign
from opsroom_dagster.codegen.odoo.identifiers import one_line, snake, title, unused, words
from opsroom_dagster.requirements.model import ASK_BELOW, Permission, Role

USER, MANAGER = "group_user", "group_administrator"
"""Local ids of the group that all share and of the group that may do everything."""
ADMINISTRATORS = ("admin", "administrator", "system admin", "system administrator", "super admin", "superuser")
"""Roles that are the latter, as words."""

OR, EQUALS = "'|'", "'='"
"""Odoo's prefix operator and its comparison, as they stand in a domain."""

Rights = tuple[int, int, int, int]
"""Read, write, create, unlink."""


def role_groups(roles: Iterable[Role]) -> dict[str, str]:
    """Role name → local group id. Administrators are the group that may do everything."""
    return {role.name: _group_id(role.name, index) for index, role in enumerate(_sure(roles))}


def group_of(role: str, groups: Mapping[str, str]) -> str:
    """The group of a role that is named somewhere; of one that is not among the roles: administrators only."""
    wanted = words(role)
    return next((group for name, group in groups.items() if name == role or words(name) == wanted != []), MANAGER)


def _group_id(role: str, index: int) -> str:
    return MANAGER if " ".join(words(role)) in ADMINISTRATORS else f"group_{snake(role, fallback=f'role_{index + 1}')}"


def design_groups(roles: Iterable[Role]) -> tuple[GroupDesign, ...]:
    """A user group that all share, one a role, and an administrator group that implies them all.

    Names are unique within the addon's category, as Odoo demands.
    """
    ids = role_groups(roles)
    found = {USER: GroupDesign(id=USER, name="User", comment=None, implied=("base.group_user",))}
    names = {"User", "Administrator"}
    for index, role in enumerate(_sure(roles)):
        group = ids[role.name]
        if group not in found and group != MANAGER:
            comment = one_line(role.description, 300) if role.description else None
            name = unused(title(role.name) or f"Role {index + 1}", names)
            names.add(name)
            found[group] = GroupDesign(id=group, name=name, comment=comment, implied=(USER,))
    found[MANAGER] = GroupDesign(id=MANAGER, name="Administrator", comment=None, implied=tuple(found))
    return tuple(found.values())


def design_access(
    roles: Iterable[Role], models: Iterable[ModelDesign], entity_models: dict[str, str]
) -> tuple[AccessDesign, ...]:
    """Lines of ir.model.access.csv for each new model: managers everything, others what is stated for them."""
    sure = _sure(roles)
    return tuple(line for model in models if model.new for line in _access(model, sure, entity_models))


def _access(model: ModelDesign, roles: list[Role], entity_models: dict[str, str]) -> Iterator[AccessDesign]:
    ids = role_groups(roles)
    stated = _stated(model, roles, entity_models)
    anything_stated = any(role.permissions for role in roles)
    by_group: dict[str, list[Permission]] = {}
    for role in roles:
        by_group.setdefault(ids[role.name], []).extend(stated.get(role.name, ()))
    yield _line(model, USER, _rights(by_group.pop(USER, [])) if stated or anything_stated else (1, 1, 1, 0))
    by_group.pop(MANAGER, None)
    for group, permissions in by_group.items():
        if (rights := _rights(permissions)) > (1, 0, 0, 0):
            yield _line(model, group, rights)
    yield _line(model, MANAGER, (1, 1, 1, 1))


def _stated(model: ModelDesign, roles: list[Role], entity_models: dict[str, str]) -> dict[str, tuple[Permission, ...]]:
    """Role name → what is stated of the model, or of what it belongs to."""
    wanted = [model.model, *(parent for parent in model.parents if parent != model.model)]
    for name in wanted:
        found = {
            role.name: tuple(p for p in role.permissions if p.entity == "*" or entity_models.get(p.entity) == name)
            for role in roles
        }
        found = {role: permissions for role, permissions in found.items() if permissions}
        if any(p.entity != "*" for permissions in found.values() for p in permissions) or name == wanted[-1]:
            return found
    return {}


def _rights(permissions: Iterable[Permission]) -> Rights:
    actions = {action for permission in permissions for action in permission.actions}
    write = bool(actions & {"create", "update", "approve"})
    return (1, int(write), int("create" in actions), int("delete" in actions))


def _held_to_own(permissions: Iterable[Permission]) -> bool:
    """The role may change its own records only: that is stated, or it may make records and nothing more.

    Who makes a record must be able to fill it in and to submit it.
    """
    permissions = list(permissions)
    actions = {action for permission in permissions for action in permission.actions}
    return any(p.own_only for p in permissions) or ("create" in actions and not actions & {"update", "approve"})


def _line(model: ModelDesign, group: str, rights: Rights) -> AccessDesign:
    stem = f"{snake(model.model, fallback='model')}_{group.removeprefix('group_')}"
    read, write, create, unlink = rights
    return AccessDesign(
        id=f"access_{stem}", name=f"{model.model} {group.removeprefix('group_')}", model=model.model, group=group,
        read=read, write=write, create=create, unlink=unlink,
    )  # fmt: skip


def design_rules(
    roles: Iterable[Role], models: Iterable[ModelDesign], entity_models: dict[str, str]
) -> tuple[RuleDesign, ...]:
    """Company rules, and own-records rules where a role is held to its own records.

    Rules of groups add up: a user in two groups may do what either allows. So the groups beside a restricted one get
    rules that allow everything; without them a manager, whose group implies the restricted one, would be restricted.
    """
    sure, by_name = _sure(roles), {model.model: model for model in models}
    return tuple(
        rule for model in by_name.values() if model.new for rule in _rules(model, sure, entity_models, by_name)
    )


def _rules(
    model: ModelDesign, roles: list[Role], entity_models: dict[str, str], models: Mapping[str, ModelDesign]
) -> Iterator[RuleDesign]:
    if model.field("company_id"):
        yield RuleDesign(
            id=f"rule_{model.module}_company", name=f"{model.label}: own companies", model=model.model, group=None,
            domain="['|', ('company_id', '=', False), ('company_id', 'in', company_ids)]",
        )  # fmt: skip
    ids = role_groups(roles)
    stated = _stated(model, roles, entity_models)
    restricted = {
        ids[role]: not any(p.own_only for p in permissions)
        or any("read" in p.actions and not p.own_only for p in permissions)
        for role, permissions in stated.items()
        if _held_to_own(permissions) and ids[role] != MANAGER
    }
    if not restricted:
        return
    for group, reads_all in restricted.items():
        name = group.removeprefix("group_")
        yield RuleDesign(
            id=f"rule_{model.module}_{name}_own", name=f"{model.label}: own records of {name.replace('_', ' ')}",
            model=model.model, group=group, domain=_own_domain(model, models), own=True, read=not reads_all,
        )  # fmt: skip
        if reads_all:
            yield _open_rule(model, group, read_only=True)
    for group in dict.fromkeys([*(ids[role] for role in stated if ids[role] not in restricted), MANAGER]):
        yield _open_rule(model, group, read_only=False)


def _open_rule(model: ModelDesign, group: str, *, read_only: bool) -> RuleDesign:
    name = group.removeprefix("group_")
    return RuleDesign(
        id=f"rule_{model.module}_{name}_{'read' if read_only else 'all'}",
        name=f"{model.label}: all records for {name.replace('_', ' ')}", model=model.model, group=group,
        domain="[(1, '=', 1)]", write=not read_only, create=not read_only, unlink=not read_only,
    )  # fmt: skip


def _own_domain(model: ModelDesign, models: Mapping[str, ModelDesign]) -> str:
    """Records that the user made or is named in, and those that belong to such a record."""
    terms = [("create_uid", "user.id"), *_own_paths(model)]
    terms += [
        (f"{link.name}.{path}", value)
        for link in model.fields
        if link.kind == "Many2one" and link.comodel in model.parents and link.comodel in models and link.required
        for path, value in _own_paths(models[link.comodel])
    ]
    return f"[{', '.join([OR] * (len(terms) - 1) + [f'({path!r}, {EQUALS}, {value})' for path, value in terms])}]"


def _own_paths(model: ModelDesign) -> list[tuple[str, str]]:
    """(path to a user, what it must be)."""
    links = [field for field in model.fields if field.kind == "Many2one"]
    users = [(field.name, "user.id") for field in links if field.comodel == "res.users"]
    return users + [(f"{field.name}.user_id", "user.id") for field in links if field.comodel == "hr.employee"]


def _sure(roles: Iterable[Role]) -> list[Role]:
    return [role for role in roles if role.confidence >= ASK_BELOW]
