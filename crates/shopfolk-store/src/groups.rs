//! The customer groups of a store. The built-in group is no row: these operations know nothing of it.

use shopfolk_model::{
    CustomerGroup, EventType, ExternalReferenceId, GroupId, GroupName, MAXIMUM_GROUPS, is_namesake_key,
};

use crate::contacts::kept_key;
use crate::value::Made;
use crate::{Guard, IdKind, Lifecycle, OnlyRows, Unique, record};

record! {
    customer_groups: "customer group" is CustomerGroup, by (GroupId,);
    |group, dialect| {
        Key group_id: GroupId = &group.id;
        Value name: GroupName = &group.name;
        Value name_key: String = Made(kept_key(&group.name.key(), group.namesake, group.id.get(), dialect));
        Value external_reference: Option<ExternalReferenceId> = &group.external_reference;
    }
    |store, reader| Self { id: group_id, name, external_reference, namesake: is_namesake_key(&name_key) };
    ids: Some((IdKind::Group, "group_id"));
    unique: &[
        Unique { name: "customer_groups_by_name", columns: &["name_key"], only: None },
        Unique {
            name: "customer_groups_by_external_reference",
            columns: &["external_reference"],
            only: Some(OnlyRows::With("external_reference")),
        },
    ];
    guard: Guard::Table("groups");
    lifecycle: Some(Lifecycle {
        created: EventType::GroupCreated,
        changed: &[EventType::GroupUpdated],
        deleted: EventType::GroupDeleted,
    });
    maximum: Some(MAXIMUM_GROUPS);
}
