//! What the wire says of a customer group.

use shopfolk_model::{CustomerGroup, ExternalReferenceId, GroupChange, GroupId, GroupName, NewGroup};

use crate::wire::{request_shape, wire_object};

wire_object! {
    /// A group of customers.
    "CustomerGroup": CustomerGroup as GroupFields = CustomerGroup { id, name, external_reference, namesake: _ } => {
        /// The id, unique in the store; 0 is the built-in group.
        "id": Shown GroupId {example: 9_367_001} = id;
        /// The name, unique in the store as texts are compared.
        NAME "name": Required GroupName = name;
        /// The group's name in another system, unique among the groups of the store. Left out when there is none; `null` or
        /// empty clears it.
        EXTERNAL_REFERENCE "externalReferenceId": Clearable ExternalReferenceId = external_reference;
    }
}

request_shape! {
    /// The change of a customer group. Fields that are left out stay.
    "CustomerGroupFields": GroupChange = Change of CustomerGroup, example {"name": "VIP"} => |fields| {
        Ok(Self {
            name: GroupFields::NAME.value(fields)?,
            external_reference: GroupFields::EXTERNAL_REFERENCE.change(fields)?,
        })
    }
}

request_shape! {
    /// A customer group to create.
    "NewCustomerGroup": NewGroup = New of CustomerGroup, example {"name": "VIP"} => |fields| {
        let GroupChange { name, external_reference } = GroupChange::read(fields)?;
        let name = name.map_or_else(|| GroupFields::NAME.required(fields), Ok)?;
        Ok(Self { name, external_reference: external_reference.apply(None) })
    }
}
