//! What a store has besides customers, as lines of a file: each an object whose one field is named by the kind and has what
//! the API shows of it.

use std::io::{self, Write};

use serde::Serialize;
use shopfolk_model::{CustomerGroup, ExtraField, NewExtraField, NewGroup, Order};
use shopfolk_operations::ExtraFieldDefinition;

use crate::error::ApiError;
use crate::extra_field::ExtraFieldFields;
use crate::fields::Fields;
use crate::json;
use crate::order::{NewOrder, OrderFields, OrderWithDocument};
use crate::response_fields::ResponseFields;
use crate::wire::{Answer, RequestShape};

const GROUP: &str = "customerGroup";
const EXTRA_FIELD: &str = "extraField";
const ORDER: &str = "order";

/// A line of a file that is no customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreRecord {
    /// A group.
    Group(NewGroup),
    /// An extra field.
    ExtraField(ExtraFieldDefinition),
    /// An order, whose customer has the id that it has in the store that the file is of.
    Order(Order),
}

impl StoreRecord {
    /// The record in a line; `None` where the line is something else, such as a customer.
    ///
    /// # Errors
    /// When it is one and a field of it is wrong.
    pub fn of_line(line: &[u8]) -> Result<Option<Self>, ApiError> {
        let begin = line.trim_ascii_start().strip_prefix(b"{").map_or(&[][..], <[u8]>::trim_ascii_start);
        let is = |kind: &str| {
            let name = begin.strip_prefix(b"\"").and_then(|begin| begin.strip_prefix(kind.as_bytes()));
            name.is_some_and(|rest| rest.starts_with(b"\""))
        };
        if ![GROUP, EXTRA_FIELD, ORDER].into_iter().any(is) {
            return Ok(None);
        }
        let text = json::parse(line)?;
        let fields = Fields::of_body(&text)?;
        let group = fields.object(GROUP, |fields| NewGroup::read(fields).map(Self::Group))?.value();
        let field = fields.object(EXTRA_FIELD, |fields| extra_field(fields).map(Self::ExtraField))?.value();
        let order = fields.object(ORDER, |fields| order(fields).map(Self::Order))?.value();
        Ok(group.or(field).or(order))
    }
}

fn extra_field(fields: &Fields<'_>) -> Result<ExtraFieldDefinition, ApiError> {
    Ok(ExtraFieldDefinition {
        key: ExtraFieldFields::KEY.required(fields)?,
        field: NewExtraField::read(fields)?,
        created: ExtraFieldFields::CREATED.required(fields)?,
        modified: ExtraFieldFields::MODIFIED.required(fields)?,
    })
}

fn order(fields: &Fields<'_>) -> Result<Order, ApiError> {
    let NewOrder { email, customer, total, created, products, document } = NewOrder::imported(fields)?;
    Ok(Order {
        number: OrderFields::NUMBER.required(fields)?,
        key: OrderFields::KEY.required(fields)?,
        customer,
        email: email.map_or_else(|| OrderFields::EMAIL.required(fields), Ok)?,
        total,
        created: created.map_or_else(|| OrderFields::CREATED.required(fields), Ok)?,
        products,
        document,
    })
}

/// Writes a group as a line.
///
/// # Errors
/// When it cannot be written.
pub fn write_group(group: &CustomerGroup, out: &mut impl Write) -> io::Result<()> {
    write_line(GROUP, &Answer(group), out)
}

/// Writes an extra field as a line.
///
/// # Errors
/// When it cannot be written.
pub fn write_extra_field(field: &ExtraField, out: &mut impl Write) -> io::Result<()> {
    write_line(EXTRA_FIELD, &Answer(field), out)
}

/// Writes an order as a line.
///
/// # Errors
/// When it cannot be written, or what was sent of it is no JSON.
pub fn write_order(order: &Order, out: &mut impl Write) -> io::Result<()> {
    let everything = ResponseFields::default();
    let order = OrderWithDocument::of(order, &everything);
    let order =
        order.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.message().to_owned()))?;
    write_line(ORDER, &Answer(&order), out)
}

fn write_line(kind: &str, record: &impl Serialize, out: &mut impl Write) -> io::Result<()> {
    write!(out, "{{\"{kind}\":")?;
    serde_json::to_writer(&mut *out, record)?;
    out.write_all(b"}\n")
}

#[cfg(test)]
mod tests {
    use shopfolk_model::{
        CustomerId, EmailAddress, ExtraFieldId, ExtraFieldKey, ExtraFieldTitle, ExtraFieldType, GroupId,
        GroupName, Money, OrderKey, OrderNumber, OrderedProduct, ProductId, Timestamp,
    };

    use super::*;

    fn read(write: impl Fn(&mut Vec<u8>) -> io::Result<()>) -> StoreRecord {
        let mut line = Vec::new();
        write(&mut line).unwrap();
        StoreRecord::of_line(&line).unwrap().unwrap()
    }

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let at = |seconds| Timestamp::from_unix_seconds(seconds).unwrap();
        let name = GroupName::new("VIP, \"quoted\"").unwrap();
        let group =
            CustomerGroup { id: GroupId::new(7).unwrap(), name, external_reference: None, namesake: false };
        let CustomerGroup { name, external_reference, .. } = group.clone();
        assert_eq!(
            read(|line| write_group(&group, line)),
            StoreRecord::Group(NewGroup { name, external_reference })
        );

        let (title, key) =
            (ExtraFieldTitle::new("Birthday").unwrap(), ExtraFieldKey::new("6r0fUGw").unwrap());
        let field = ExtraField {
            namesake: false,
            id: ExtraFieldId::new(1).unwrap(),
            key,
            title: title.clone(),
            field_type: ExtraFieldType::DateTime,
            shown_on_order_details: true,
            created: at(5),
            modified: at(6),
        };
        let new = NewExtraField { title, field_type: ExtraFieldType::DateTime, shown_on_order_details: true };
        let imported = ExtraFieldDefinition { key, field: new, created: at(5), modified: at(6) };
        assert_eq!(read(|line| write_extra_field(&field, line)), StoreRecord::ExtraField(imported));

        let order = Order {
            number: OrderNumber::new(12).unwrap(),
            key: OrderKey::new("EG4H2").unwrap(),
            customer: CustomerId::new(3).ok(),
            email: EmailAddress::new("anna@example.com").unwrap(),
            total: Money::parse("12.5").unwrap(),
            created: at(9),
            products: vec![OrderedProduct { id: ProductId::new(4).unwrap(), name: "Apple".to_owned() }],
            document: r#"{"email":"anna@example.com","total":12.5,"items":[{"productId":4,"name":"Apple","x":[null]}],"z":1}"#.to_owned(),
        };
        assert_eq!(read(|line| write_order(&order, line)), StoreRecord::Order(order.clone()));
    }

    #[test]
    fn customers_are_no_such_records_and_wrong_fields_are_named() {
        for line in ["{\"email\":\"order\"}", "{}", "{\"orders\":{}}", "", "order"] {
            assert_eq!(StoreRecord::of_line(line.as_bytes()).unwrap(), None, "{line}");
        }
        let wrong = StoreRecord::of_line(b"{\"order\":{\"id\":\"EG4H2\",\"email\":\"x\"}}").unwrap_err();
        assert!(wrong.message().contains("order.email"), "{}", wrong.message());
    }
}
