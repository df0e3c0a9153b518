//! What the wire says of an extra field, and of a customer's values of extra fields.

use serde::ser::{Serialize, SerializeSeq, Serializer};
use shopfolk_model::{
    ExtraField, ExtraFieldChange, ExtraFieldEntry, ExtraFieldKey, ExtraFieldTitle, ExtraFieldType,
    ExtraFieldValue, MAXIMUM_EXTRA_FIELDS, NewExtraField, Timestamp,
};
use utoipa::openapi::{RefOr, Schema};

use crate::wire::{Answer, Cell, Components, Direction, WireValue, request_shape, wire_object};
use crate::wire_schema::{answered, list, requested};

wire_object! {
    /// An extra field of customers.
    "ExtraField": ExtraField as ExtraFieldFields = ExtraField {
        id: _, key, title, field_type, shown_on_order_details, created, modified, namesake: _
    } => {
        /// The key, given by the server: 7 letters and digits.
        KEY "key": Imported ExtraFieldKey = key;
        /// The title, unique in the store as texts are compared. A new field must have one.
        TITLE "title": Required ExtraFieldTitle = title;
        "entityTypes": Shown EntityTypes = &EntityTypes;
        /// `TEXT` or `DATETIME`, in a request in any case.
        TYPE "type": Optional ExtraFieldType {default: "TEXT"} = field_type;
        SHOWN_ON_ORDER_DETAILS "shownOnOrderDetails": Optional bool {default: false} = shown_on_order_details;
        /// Always `false`.
        "linkedWithCheckoutField": Shown bool = &false;
        CREATED "createdDate": Imported Timestamp = created;
        MODIFIED "lastModifiedDate": Imported Timestamp = modified;
    }
}

request_shape! {
    /// The change of an extra field. Fields that are left out stay.
    "ExtraFieldFields": ExtraFieldChange = Change of ExtraField, example {
        "title": "Birthday", "type": "DATETIME", "shownOnOrderDetails": true
    } => |fields| {
        Ok(Self {
            title: ExtraFieldFields::TITLE.value(fields)?,
            field_type: ExtraFieldFields::TYPE.value(fields)?,
            shown_on_order_details: ExtraFieldFields::SHOWN_ON_ORDER_DETAILS.value(fields)?,
        })
    }
}

request_shape! {
    /// An extra field to create.
    "NewExtraField": NewExtraField = New of ExtraField, example {
        "title": "Birthday", "type": "DATETIME", "shownOnOrderDetails": true
    } => |fields| {
        let (title, field_type) =
            (ExtraFieldFields::TITLE.value(fields)?, ExtraFieldFields::TYPE.value(fields)?);
        Ok(Self {
            field_type: field_type.unwrap_or_default(),
            shown_on_order_details: ExtraFieldFields::SHOWN_ON_ORDER_DETAILS.value(fields)?.unwrap_or(false),
            title: title.map_or_else(|| ExtraFieldFields::TITLE.required(fields), Ok)?,
        })
    }
}

/// The entities that these extra fields are of.
struct EntityTypes;

impl WireValue for EntityTypes {
    fn answer(&self) -> impl Serialize {
        ["CUSTOMERS"]
    }

    fn schema(_: Direction, _: &mut Components) -> RefOr<Schema> {
        list(<String as utoipa::PartialSchema>::schema(), None)
    }
}

/// A customer's value of an extra field.
pub(crate) struct NumberedExtraFieldValue<'a> {
    pub(crate) number: u32,
    pub(crate) field: &'a ExtraField,
    pub(crate) value: &'a ExtraFieldValue,
}

wire_object! {
    /// A customer's value of an extra field.
    "ExtraFieldValue": NumberedExtraFieldValue<'_> as ExtraFieldValueFields
        = NumberedExtraFieldValue { number, field, value } => {
        /// The key of the field.
        KEY "key": Optional ExtraFieldKey = &field.key;
        /// The title of the field. In a request, it counts where no key is given.
        TITLE "title": Optional ExtraFieldTitle = &field.title;
        /// The value. In a request, `null` or empty takes it away.
        VALUE "value": Optional ExtraFieldValue = value;
        /// `TEXT` or `DATETIME`.
        TYPE "type": Imported ExtraFieldType = &field.field_type;
        /// The place among the customer's values.
        "orderBy": Shown u32 = number;
        "entityTypes": Shown EntityTypes = &EntityTypes;
    }
}

request_shape! {
    /// A customer's value of an extra field.
    "ExtraFieldValueEntry": ExtraFieldEntry = Change of NumberedExtraFieldValue<'_> => |fields| {
        let key = fields.text(ExtraFieldValueFields::KEY.name, |text| match text {
            "" => Ok(None),
            text => ExtraFieldKey::new(text).map(Some),
        })?;
        Ok(Self {
            key: key.value().flatten(),
            title: ExtraFieldValueFields::TITLE.change(fields)?.apply(None),
            value: ExtraFieldValueFields::VALUE.change(fields)?.apply(None),
        })
    }
}

/// A customer's values of extra fields.
pub(crate) struct ExtraFieldValues<'a>(&'a [(ExtraField, ExtraFieldValue)]);

impl<'a> ExtraFieldValues<'a> {
    /// These, if there are any.
    pub(crate) fn of(values: &'a [(ExtraField, ExtraFieldValue)]) -> Option<Self> {
        (!values.is_empty()).then_some(Self(values))
    }
}

impl WireValue for ExtraFieldValues<'_> {
    /// A table has a column for each field of the store.
    const CELL: Cell = Cell::None;

    fn answer(&self) -> impl Serialize {
        self
    }

    fn schema(direction: Direction, components: &mut Components) -> RefOr<Schema> {
        match direction {
            Direction::Answer => list(answered::<NumberedExtraFieldValue<'_>>(components), None),
            _ => list(requested::<ExtraFieldEntry>(components), Some(MAXIMUM_EXTRA_FIELDS as usize)),
        }
    }
}

impl Serialize for ExtraFieldValues<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.0.len()))?;
        for (number, (field, value)) in (0..).zip(self.0) {
            list.serialize_element(&Answer(&NumberedExtraFieldValue { number, field, value }))?;
        }
        list.end()
    }
}
