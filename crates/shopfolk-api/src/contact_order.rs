//! In which order the contacts of a customer are, on the wire.

use shopfolk_model::ContactId;

use crate::wire::{request_shape, wire_object};

/// All contacts of a customer, in the order that they get.
pub(crate) struct ContactOrder(pub(crate) Vec<ContactId>);

wire_object! {
    /// The order of the contacts of a customer.
    "ContactOrder": ContactOrder as ContactOrderFields = _ => {
        /// The ids of all contacts, each exactly once.
        IDS "ids": Required Vec<ContactId>;
    }
}

request_shape! {
    /// The order of the contacts of a customer.
    "ContactOrder": ContactOrder = New of ContactOrder, example {
        "ids": [199_463_289, 113_861_381]
    } => |fields| {
        Ok(Self(ContactOrderFields::IDS.required(fields)?))
    }
}
