"""Roles as groups, permissions as access lines and record rules: least privilege where the documents say anything."""

from collections.abc import Iterable, Iterator

from opsroom_dagster.codegen.odoo.design import AccessDesign, GroupDesign, ModelDesign, RuleDesign
from opsroom_dagster.codegen.odoo.identifiers import one_line, snake, title
from opsroom_dagster.requirements.model import ASK_BELOW, Permission, Role

USER, MANAGER = "group_user", "group_manager"

OR = "'|'"
"""Odoo's prefix operator, as it stands in a domain."""

Rights = tuple[int, int, int, int]
"""Read, write, create, unlink."""


def role_groups(roles: Iterable[Role]) -> dict[str, str]:
    """Role name → local group id."""
    return {
        role.name: f"group_{snake(role.name, fallback=f'role_{index + 1}')}" for index, role in enumerate(_sure(roles))
    }


def design_groups(roles: Iterable[Role]) -> tuple[GroupDesign, ...]:
    """A user group that all share, one a role, and a manager group that implies them all."""
    ids = role_groups(roles)
    found = {USER: GroupDesign(id=USER, name="User", comment=None, implied=("base.group_user",))}
    for role in _sure(roles):
        group = ids[role.name]
        if group not in (USER, MANAGER):
            comment = one_line(role.description, 300) if role.description else None
            found[group] = GroupDesign(id=group, name=title(role.name), comment=comment, implied=(USER,))
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
    yield _line(model, USER, (1, 0, 0, 0) if stated or anything_stated else (1, 1, 1, 0))
    for role in roles:
        rights = _rights(stated.get(role.name, ()))
        group = ids[role.name]
        if group not in (USER, MANAGER) and rights > (1, 0, 0, 0):
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
    write = bool(actions & {"update", "approve"})
    return (1, int(write), int("create" in actions), int("delete" in actions))


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
    """Own-records rules where a role is held to its own records, and open rules for the groups beside it.

    Rules of groups add up: a user in two groups may do what either allows. Without the open rules, a manager, whose
    group implies the restricted one, would be restricted as well.
    """
    sure = _sure(roles)
    return tuple(rule for model in models if model.new for rule in _rules(model, sure, entity_models))


def _rules(model: ModelDesign, roles: list[Role], entity_models: dict[str, str]) -> Iterator[RuleDesign]:
    ids = role_groups(roles)
    stated = _stated(model, roles, entity_models)
    direct = {role: perms for role, perms in stated.items() if any(p.own_only for p in perms)}
    if not direct:
        return
    for name, permissions in direct.items():
        group = ids[name]
        reads_all = any("read" in p.actions and not p.own_only for p in permissions)
        if group not in (USER, MANAGER):
            yield RuleDesign(
                id=f"rule_{model.module}_{group.removeprefix('group_')}_own",
                name=f"{model.label}: {title(name)}, own records", model=model.model, group=group,
                domain=_own_domain(model), read=not reads_all,
            )  # fmt: skip
    open_groups = [ids[name] for name in stated if name not in direct and ids[name] not in (USER, MANAGER)] + [MANAGER]
    for group in dict.fromkeys(open_groups):
        yield RuleDesign(
            id=f"rule_{model.module}_{group.removeprefix('group_')}_all",
            name=f"{model.label}: all records for {group.removeprefix('group_').replace('_', ' ')}",
            model=model.model, group=group, domain="[(1, '=', 1)]",
        )  # fmt: skip


def _own_domain(model: ModelDesign) -> str:
    """Records that the user made or is named in."""
    terms = ["('create_uid', '=', user.id)"]
    for field in model.fields:
        if field.kind == "Many2one" and field.comodel == "res.users":
            terms.append(f"('{field.name}', '=', user.id)")
        elif field.kind == "Many2one" and field.comodel == "hr.employee":
            terms.append(f"('{field.name}.user_id', '=', user.id)")
    return f"[{', '.join([OR] * (len(terms) - 1) + terms)}]"


def _sure(roles: Iterable[Role]) -> list[Role]:
    return [role for role in roles if role.confidence >= ASK_BELOW]
