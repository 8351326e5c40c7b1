"""Which methods and which words of SQL write rows, and what they do to them."""

from __future__ import annotations

from enum import Enum


class Does(Enum):
    """What a write does to its rows."""

    INSERT = "insert"
    UPDATE = "update"
    DELETE = "delete"


WORDS = {"delete": Does.DELETE, "update": Does.UPDATE} | dict.fromkeys(
    ("insert", "replace", "merge"), Does.INSERT
)


SESSION = {
    **dict.fromkeys(("add", "add_all", "bulk_save_objects", "bulk_insert_mappings"), Does.INSERT),
    **dict.fromkeys(("merge", "bulk_update_mappings"), Does.UPDATE),
    "delete": Does.DELETE,
}
MANAGER = {
    **dict.fromkeys(("create", "acreate", "bulk_create", "abulk_create"), Does.INSERT),
    **dict.fromkeys(("create_user", "create_superuser", "get_or_create", "aget_or_create"), Does.INSERT),
    **dict.fromkeys(("update_or_create", "aupdate_or_create"), Does.INSERT),
    **dict.fromkeys(("update", "aupdate", "bulk_update", "abulk_update"), Does.UPDATE),
    **dict.fromkeys(("delete", "adelete"), Does.DELETE),
}
RELATED = MANAGER | {
    "add": Does.INSERT,
    "set": Does.UPDATE,
    "remove": Does.DELETE,
    "clear": Does.DELETE,
}
MONGO = {
    **dict.fromkeys(("insert_one", "insert_many"), Does.INSERT),
    **dict.fromkeys(("update_one", "update_many", "replace_one", "bulk_write"), Does.UPDATE),
    **dict.fromkeys(("find_one_and_update", "find_one_and_replace"), Does.UPDATE),
    **dict.fromkeys(("delete_one", "delete_many", "find_one_and_delete"), Does.DELETE),
}
