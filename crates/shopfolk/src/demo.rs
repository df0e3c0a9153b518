//! The demo store: the store, the customers and the token that the examples of the API reference use.

use std::path::Path;

use anyhow::{Context, Result};
use shopfolk_api::Clock;
use shopfolk_model::{
    Addition, AddressBook, AddressId, City, CompanyName, ContactAddress, ContactBook, ContactId, ContactText,
    ContactType, Customer, CustomerGroup, CustomerId, CustomerName, EmailAddress, Event, ExtraField,
    ExtraFieldId, ExtraFieldKey, ExtraFieldTitle, ExtraFieldType, GroupId, GroupName, Happening, NewContact,
    OrderBy, PhoneNumber, ScopeSet, ShippingAddress, StateCode, Store, StoreId, StoreName, Street, Timestamp,
    Token, TokenKind, TokenRecord, Whereabouts,
};
use shopfolk_operations::OperationError;
use shopfolk_store::{Engine, WriteOperation, WriteTx};

use crate::clock::SystemClock;

/// The token of the demo store. Everybody knows it.
const TOKEN: &str = "secret_token";
const STORE: i64 = 1003;
const CUSTOMER: i64 = 177_737_165;

const GROUP: i64 = 9_367_001;
const GROUP_NAME: &str = "VIP";
const EXTRA_FIELD: &str = "6r0fUGw";
const EXTRA_FIELD_TITLE: &str = "Offline card ID";
const ADDRESS: i64 = 193_416_515;

struct DemoContact {
    id: i64,
    contact_type: ContactType,
    contact: &'static str,
    default: bool,
    order_by: i64,
}

struct DemoCustomer {
    id: i64,
    email: &'static str,
    name: &'static str,
    contacts: &'static [DemoContact],
}

const CUSTOMERS: &[DemoCustomer] = &[
    DemoCustomer {
        id: CUSTOMER,
        email: "ec.apps@lightspeedhq.com",
        name: "Support team",
        contacts: &[
            DemoContact {
                id: 113_861_381,
                contact_type: ContactType::Email,
                contact: "ec.apps@lightspeedhq.com",
                default: true,
                order_by: 0,
            },
            DemoContact {
                id: 199_463_289,
                contact_type: ContactType::Phone,
                contact: "+01231231231",
                default: false,
                order_by: 5,
            },
        ],
    },
    DemoCustomer {
        id: 277_137_633,
        email: "test@example.com",
        name: "test",
        contacts: &[
            DemoContact {
                id: 176_135_453,
                contact_type: ContactType::Phone,
                contact: "00000000000",
                default: true,
                order_by: 0,
            },
            DemoContact {
                id: 176_135_454,
                contact_type: ContactType::Email,
                contact: "test@example.com",
                default: true,
                order_by: 1,
            },
        ],
    },
];

/// A customer of the demo store with the contacts in their order.
#[derive(Debug)]
struct Person {
    customer: Customer,
    contacts: Vec<(ContactId, NewContact)>,
}

/// Fills a database with the demo store, unless it has a store of that id: then what is there stays as it is.
///
/// # Errors
/// When the database fails.
pub(crate) async fn fill(engine: &impl Engine) -> Result<()> {
    let operation = AddDemoStore::new(SystemClock.now()).context("the demo data is wrong")?;
    let id = operation.store.id;
    engine.write(id, operation).await.context("cannot create the demo store")
}

/// A command that creates a contact in the demo store of the server at this URL, whose certificate this authority has
/// signed.
pub(crate) fn example(url: &str, authority: Option<&Path>) -> String {
    let trust = authority.map(|path| format!(" \\\n    --cacert '{}'", path.display())).unwrap_or_default();
    format!(
        "curl -X POST '{url}/api/v3/{STORE}/customers/{CUSTOMER}/contacts'{trust} \\
    -H 'Authorization: Bearer {TOKEN}' \\
    -H 'Content-Type: application/json' \\
    -d '{{\"type\": \"PHONE\", \"contact\": \"+1 555 0100\", \"note\": \"call after noon\"}}'"
    )
}

#[derive(Debug)]
struct AddDemoStore {
    store: Store,
    token: TokenRecord,
    group: CustomerGroup,
    extra_field: ExtraField,
    people: Vec<Person>,
    now: Timestamp,
}

impl AddDemoStore {
    fn new(now: Timestamp) -> Result<Self> {
        let store = Store {
            id: StoreId::new(STORE)?,
            name: StoreName::new("Demo store")?,
            suspended: false,
            created: now,
        };
        let token = TokenRecord {
            id: shopfolk_model::TokenId::new(1)?,
            kind: TokenKind::Secret,
            scopes: ScopeSet::ALL,
            created: now,
            last_used: None,
        };
        let group = CustomerGroup {
            id: GroupId::new(GROUP)?,
            name: GroupName::new(GROUP_NAME)?,
            external_reference: None,
        };
        let extra_field = ExtraField {
            id: ExtraFieldId::new(1)?,
            key: ExtraFieldKey::new(EXTRA_FIELD)?,
            title: ExtraFieldTitle::new(EXTRA_FIELD_TITLE)?,
            field_type: ExtraFieldType::Text,
            shown_on_order_details: false,
            created: now,
            modified: now,
        };
        let mut people =
            CUSTOMERS.iter().map(|customer| person(customer, now)).collect::<Result<Vec<_>>>()?;
        if let [support, test, ..] = &mut people[..] {
            support.customer.details.accept_marketing = Some(false);
            test.customer.addresses = AddressBook::whole(vec![address(now)?]);
        }
        Ok(Self { store, token, group, extra_field, people, now })
    }
}

/// The shipping address of the second customer.
fn address(now: Timestamp) -> Result<ShippingAddress> {
    Ok(ShippingAddress {
        id: AddressId::new(ADDRESS)?,
        name: CustomerName::optional("test")?,
        whereabouts: Whereabouts {
            company_name: CompanyName::optional("test")?,
            street: Street::optional("test")?,
            city: City::optional("test")?,
            country: Some("GE".parse()?),
            postal_code: None,
            state: StateCode::optional("TB")?,
            phone: PhoneNumber::optional("00000000000")?,
        },
        note: None,
        created: now,
        default: true,
        order_by: OrderBy::FIRST,
    })
}

fn person(demo: &DemoCustomer, now: Timestamp) -> Result<Person> {
    let customer = Customer {
        name: Some(CustomerName::new(demo.name)?),
        ..Customer::new(CustomerId::new(demo.id)?, EmailAddress::new(demo.email)?, now)
    };
    let contact = |demo: &DemoContact| {
        let address = ContactAddress::new(demo.contact_type, ContactText::new(demo.contact)?)?;
        let order_by = Some(OrderBy::new(demo.order_by)?);
        let contact = NewContact { default: demo.default, order_by, ..NewContact::of(address) };
        Ok((ContactId::new(demo.id)?, contact))
    };
    Ok(Person { customer, contacts: demo.contacts.iter().map(contact).collect::<Result<_>>()? })
}

impl WriteOperation for AddDemoStore {
    type Output = ();
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<(), OperationError> {
        if tx.lookup_store().await?.is_some() {
            return Ok(());
        }
        let event = |happening| Event { happening, created: self.now };
        tx.add_store(&self.store).await?;
        tx.append_event(&event(Happening::StoreCreated(self.store.id))).await?;
        let token = TokenRecord { id: tx.next_token_id().await?, ..self.token };
        tx.add_token(Token::from_text(TOKEN).hash(), &token).await?;
        tx.append_event(&event(Happening::TokenCreated(token.id))).await?;
        tx.add_group(&self.group).await?;
        tx.append_event(&event(Happening::GroupCreated(self.group.id))).await?;
        let field = ExtraField { id: tx.next_extra_field_id().await?, ..self.extra_field.clone() };
        tx.add_extra_field(&field).await?;
        tx.append_event(&event(Happening::ExtraFieldCreated(field.id))).await?;
        for Person { customer, contacts } in &self.people {
            tx.add_customer(customer).await?;
            let mut book = ContactBook::default();
            for (id, contact) in contacts {
                if let Addition::Added { change, .. } = book.add(contact.clone(), *id, self.now)? {
                    tx.write_contacts(customer.id, &change, self.now).await?;
                }
            }
            tx.append_event(&event(Happening::CustomerCreated(customer.id))).await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_data_keeps_every_rule() {
        let demo = AddDemoStore::new(SystemClock.now()).unwrap();
        for Person { contacts, .. } in demo.people {
            let mut book = ContactBook::default();
            for (id, contact) in contacts {
                assert!(matches!(book.add(contact, id, demo.now), Ok(Addition::Added { .. })));
            }
        }
    }
}
