//! One column of a table of customers.

use std::fmt;

use shopfolk_model::{ExtraFieldKey, MAXIMUM_ADDRESSES, MAXIMUM_CONTACTS};

use super::TableHeaderError;

/// How a cell is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Integer,
    Boolean,
    /// Only shown: what stands there on the way in means nothing.
    Shown,
}

/// A field that a customer, a person, an address or a contact can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// Whether it is written on the way out.
    written: bool,
}

const fn field(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, written: true }
}

/// A field that follows from others.
const fn derived(name: &'static str) -> Field {
    Field { name, kind: Kind::Shown, written: false }
}

const CUSTOMER: &[Field] = &[
    field("id", Kind::Integer),
    field("email", Kind::Text),
    field("name", Kind::Text),
    field("customerGroupId", Kind::Integer),
    field("customerGroupName", Kind::Shown),
    field("registered", Kind::Text),
    field("updated", Kind::Shown),
    field("totalOrderCount", Kind::Shown),
    field("taxId", Kind::Text),
    field("taxIdValid", Kind::Boolean),
    field("taxExempt", Kind::Boolean),
    field("b2b_b2c", Kind::Text),
    field("fiscalCode", Kind::Text),
    field("electronicInvoicePecEmail", Kind::Text),
    field("electronicInvoiceSdiCode", Kind::Text),
    field("privateAdminNotes", Kind::Text),
    field("acceptMarketing", Kind::Boolean),
    field("lang", Kind::Text),
    field("externalReferenceId", Kind::Text),
];

const STATISTICS_FIELDS: &[Field] = &[
    field("numberOfOrders", Kind::Shown),
    field("salesValue", Kind::Shown),
    field("averageOrderValue", Kind::Shown),
    field("firstOrderDate", Kind::Shown),
    field("lastOrderDate", Kind::Shown),
];

const PERSON: &[Field] = &[
    Field { written: false, ..field("name", Kind::Text) },
    derived("firstName"),
    derived("lastName"),
    field("companyName", Kind::Text),
    field("street", Kind::Text),
    field("city", Kind::Text),
    field("countryCode", Kind::Text),
    derived("countryName"),
    field("postalCode", Kind::Text),
    field("stateOrProvinceCode", Kind::Text),
    derived("stateOrProvinceName"),
    field("phone", Kind::Text),
];

const ADDRESS: &[Field] = &[
    field("id", Kind::Integer),
    field("name", Kind::Text),
    derived("firstName"),
    derived("lastName"),
    field("companyName", Kind::Text),
    field("street", Kind::Text),
    field("city", Kind::Text),
    field("countryCode", Kind::Text),
    derived("countryName"),
    field("postalCode", Kind::Text),
    field("stateOrProvinceCode", Kind::Text),
    derived("stateOrProvinceName"),
    field("phone", Kind::Text),
    field("note", Kind::Text),
    field("defaultAddress", Kind::Boolean),
    field("orderBy", Kind::Integer),
    field("createdDate", Kind::Text),
    derived("addressFormatted"),
];

const CONTACT: &[Field] = &[
    field("id", Kind::Integer),
    field("type", Kind::Text),
    field("contact", Kind::Text),
    field("handle", Kind::Text),
    field("note", Kind::Text),
    field("default", Kind::Boolean),
    field("orderBy", Kind::Integer),
    field("timestamp", Kind::Text),
];

/// A list whose entries are numbered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    Contacts,
    ShippingAddresses,
}

impl List {
    pub(super) const ALL: [Self; 2] = [Self::Contacts, Self::ShippingAddresses];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Contacts => "contacts",
            Self::ShippingAddresses => "shippingAddresses",
        }
    }

    const fn fields(self) -> &'static [Field] {
        match self {
            Self::Contacts => CONTACT,
            Self::ShippingAddresses => ADDRESS,
        }
    }

    const fn maximum(self) -> u32 {
        match self {
            Self::Contacts => MAXIMUM_CONTACTS,
            Self::ShippingAddresses => MAXIMUM_ADDRESSES,
        }
    }
}

/// What a column holds. It is shown as it is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Column {
    /// A field of the customer.
    Customer(Field),
    /// A field of who pays.
    BillingPerson(Field),
    /// A field of what the customer bought.
    Statistics(Field),
    /// A field of an entry of a list, counted from 0.
    Entry(List, usize, Field),
    /// The value of an extra field.
    ExtraField(ExtraFieldKey),
}

pub(super) const BILLING_PERSON: &str = "billingPerson";
pub(super) const STATISTICS: &str = "stats";
pub(super) const EXTRA_FIELDS: &str = "extrafields";

impl Column {
    /// The column with this name.
    pub(super) fn named(name: &str) -> Result<Self, TableHeaderError> {
        match Self::find(name) {
            None => Err(TableHeaderError::Unknown { name: name.to_owned() }),
            Some(Self::Entry(list, number, _)) if number >= list.maximum() as usize => {
                Err(TableHeaderError::TooMany { name: name.to_owned() })
            }
            Some(column) => Ok(column),
        }
    }

    fn find(name: &str) -> Option<Self> {
        let field = |fields: &[Field], name| fields.iter().find(|field| field.name == name).copied();
        if let Some(field) = field(CUSTOMER, name) {
            return Some(Self::Customer(field));
        }
        if let Some(key) = name.strip_prefix(EXTRA_FIELDS) {
            let key = key.strip_prefix('[')?.strip_suffix(']')?;
            return ExtraFieldKey::new(key).ok().map(Self::ExtraField);
        }
        let (object, name) = name.split_once('.')?;
        if object == BILLING_PERSON {
            return field(PERSON, name).map(Self::BillingPerson);
        }
        if object == STATISTICS {
            return field(STATISTICS_FIELDS, name).map(Self::Statistics);
        }
        let (list, number) = object.strip_suffix(']')?.split_once('[')?;
        let list = List::ALL.into_iter().find(|known| known.name() == list)?;
        // Only digits: what is parsed takes a sign too.
        let number = number.bytes().all(|digit| digit.is_ascii_digit()).then(|| number.parse().ok())??;
        Some(Self::Entry(list, number, field(list.fields(), name)?))
    }

    /// Every column that is written.
    pub(super) fn all(contacts: usize, addresses: usize, extra_fields: &[ExtraFieldKey]) -> Vec<Self> {
        let written = |fields: &'static [Field]| fields.iter().filter(|field| field.written).copied();
        let mut columns: Vec<_> = written(CUSTOMER).map(Self::Customer).collect();
        columns.extend(extra_fields.iter().copied().map(Self::ExtraField));
        columns.extend(written(PERSON).map(Self::BillingPerson));
        columns.extend(written(STATISTICS_FIELDS).map(Self::Statistics));
        for (list, entries) in [(List::Contacts, contacts), (List::ShippingAddresses, addresses)] {
            for number in 0..entries {
                columns.extend(written(list.fields()).map(|field| Self::Entry(list, number, field)));
            }
        }
        columns
    }
}

impl fmt::Display for Column {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Customer(field) => formatter.write_str(field.name),
            Self::BillingPerson(field) => write!(formatter, "{BILLING_PERSON}.{}", field.name),
            Self::Statistics(field) => write!(formatter, "{STATISTICS}.{}", field.name),
            Self::Entry(list, number, field) => write!(formatter, "{}[{number}].{}", list.name(), field.name),
            Self::ExtraField(key) => write!(formatter, "{EXTRA_FIELDS}[{}]", key.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_written_column_is_found_by_its_name() {
        let keys = [ExtraFieldKey::new("6r0fUGw").unwrap()];
        let columns = Column::all(3, 2, &keys);
        assert!(columns.len() > 60, "{}", columns.len());
        for column in columns {
            assert_eq!(Column::named(&column.to_string()), Ok(column));
        }
    }

    #[test]
    fn what_follows_from_others_may_be_there_and_is_not_written() {
        let written: Vec<_> = Column::all(1, 1, &[]).iter().map(ToString::to_string).collect();
        for name in
            ["billingPerson.name", "billingPerson.countryName", "shippingAddresses[0].addressFormatted"]
        {
            assert!(Column::named(name).is_ok() && !written.iter().any(|column| column == name), "{name}");
        }
    }

    #[test]
    fn a_name_that_is_none_is_refused() {
        for name in [
            "",
            "Email",
            "e-mail",
            "contacts",
            "contacts[0]",
            "contacts[].type",
            "contacts[+1].type",
            "contacts[x].type",
            "contacts[0].types",
            "extrafields",
            "extrafields[]",
            "billingPerson",
            "stats.",
            "id;email",
            "favorites",
        ] {
            assert_eq!(
                Column::named(name),
                Err(TableHeaderError::Unknown { name: name.to_owned() }),
                "{name}"
            );
        }
        for name in ["contacts[500].type", "shippingAddresses[100].city"] {
            assert_eq!(Column::named(name), Err(TableHeaderError::TooMany { name: name.to_owned() }));
        }
        assert!(Column::named("contacts[499].type").is_ok());
    }
}
