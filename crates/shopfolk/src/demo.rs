//! The demo store: the store, the customers and the token that the examples of the API reference use.

use std::path::Path;
use std::slice::from_ref;

use anyhow::{Context, Result};
use shopfolk_api::Clock;
use shopfolk_model::{
    Actor, AddressBook, AddressId, AppChange, AppId, AppName, AppScopes, City, ClientId, ClientSecret,
    CompanyName, ContactAddress, ContactBook, ContactId, ContactText, ContactType, Customer, CustomerGroup,
    CustomerId, CustomerName, EmailAddress, EventSpelling, ExtraField, ExtraFieldId, ExtraFieldKey,
    ExtraFieldTitle, ExtraFieldType, GroupId, GroupName, Happening, Installation, NewApp, NewContact,
    OrderBy, PhoneNumber, RedirectUrl, ScopeSet, ShippingAddress, StateCode, Store, StoreId, StoreName,
    StoreProfile, Street, Timestamp, Token, TokenId, TokenKind, TokenRecord, Webhook, WebhookEventSet,
    WebhookUrl, Whereabouts,
};
use shopfolk_operations::{ChangeApp, CreateApp, OperationError, start_listening};
use shopfolk_store::{Engine, StoredCustomer, StoredToken, WriteOperation, WriteTx, insert_customers};

use crate::clock::SystemClock;
use crate::database::DatabaseUrl;
use crate::output;
use crate::random::new_random;
use crate::secret_key::secret_key_or_new;
use crate::store::new_key;

/// The token of the demo store. Everybody knows it.
const TOKEN: &str = "secret_token";
/// The client secret of the demo app. Everybody knows it.
const CLIENT_SECRET: &str = "demosecretdemosecretdemosecretdemosecret";
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

/// The demo store.
///
/// # Errors
/// Never: its number is one.
pub(crate) fn store() -> Result<StoreId> {
    Ok(StoreId::new(STORE)?)
}

/// Fills a database with the demo store, unless it has a store of that id: then what is there stays as it is.
///
/// # Errors
/// When the database fails.
pub(crate) async fn fill(engine: &impl Engine) -> Result<()> {
    let operation = AddDemoStore::new(SystemClock.now()).context("the demo data is wrong")?;
    let id = operation.store.id;
    engine.write(id, Actor::CommandLine, operation).await.context("cannot create the demo store")
}

/// Registers the demo app, which the demo store has let in, unless it is there; and has it told at this URL of everything that
/// happens. Where there is no key for its secret and no place for one, it is left out.
///
/// # Errors
/// When the database fails.
pub(crate) async fn add_app(
    engine: &impl Engine,
    database: &DatabaseUrl,
    told_at: Option<&WebhookUrl>,
) -> Result<()> {
    let (id, now) = (AppId::new(STORE)?, SystemClock.now());
    let secret = ClientSecret::from_text(CLIENT_SECRET);
    let webhook = |url: &WebhookUrl| Webhook {
        url: url.clone(),
        events: WebhookEventSet::ALL,
        headers: Vec::new(),
        spelling: EventSpelling::default(),
    };
    let webhooks: Vec<Webhook> = told_at.into_iter().map(webhook).collect();
    let app = NewApp {
        name: AppName::new("Demo app")?,
        redirect_urls: vec![RedirectUrl::new("http://localhost/")?, RedirectUrl::new("http://127.0.0.1/")?],
        scopes: app_scopes()?,
        webhooks: webhooks.clone(),
    };
    let key = match secret_key_or_new(database) {
        Ok(key) => key,
        Err(error) => {
            output::note(&format!("The demo app is left out: {error:#}"));
            return Ok(());
        }
    };
    let secret = key.seal(id, &secret, &mut new_random()?)?;
    let create = CreateApp { id, app, secret, platform: new_key()?, now };
    match engine.write(StoreId::PLATFORM, Actor::CommandLine, create).await {
        Ok(_) => Ok(()),
        Err(OperationError::AppExists { .. }) if webhooks.is_empty() => Ok(()),
        Err(OperationError::AppExists { .. }) => {
            let change = AppChange { webhooks: Some(webhooks), ..AppChange::default() };
            let change = ChangeApp { app: id, change, now };
            engine.write(StoreId::PLATFORM, Actor::CommandLine, change).await?;
            Ok(())
        }
        Err(error) => Err(error).context("cannot register the demo app"),
    }
}

/// Everything, and a public token.
fn app_scopes() -> Result<AppScopes> {
    Ok(format!("{} {}", ScopeSet::ALL, AppScopes::PUBLIC_STOREFRONT).parse()?)
}

/// What the demo app shows to get tokens.
pub(crate) fn credentials() -> Result<(ClientId, &'static str)> {
    Ok((ClientId(AppId::new(STORE)?), CLIENT_SECRET))
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
    installation: Installation,
    token: StoredToken,
    group: CustomerGroup,
    extra_field: ExtraField,
    customers: Vec<StoredCustomer>,
    now: Timestamp,
}

impl AddDemoStore {
    fn new(now: Timestamp) -> Result<Self> {
        let store = Store {
            id: StoreId::new(STORE)?,
            name: StoreName::new("Demo store")?,
            suspended: false,
            created: now,
            key: Some(new_key()?),
            profile: StoreProfile::default(),
        };
        let token = StoredToken {
            record: TokenRecord {
                id: TokenId::new(1)?,
                kind: TokenKind::Secret,
                scopes: ScopeSet::ALL,
                // By hand, so that whoever tries OAuth with the demo app does not lose it.
                app: None,
                created: now,
                last_used: None,
            },
            hash: Token::from_text(TOKEN).hash(),
        };
        let installation = Installation { app: AppId::new(STORE)?, scopes: app_scopes()?, installed: now };
        let group = CustomerGroup {
            namesake: false,
            id: GroupId::new(GROUP)?,
            name: GroupName::new(GROUP_NAME)?,
            external_reference: None,
        };
        let extra_field = ExtraField {
            namesake: false,
            id: ExtraFieldId::new(1)?,
            key: ExtraFieldKey::new(EXTRA_FIELD)?,
            title: ExtraFieldTitle::new(EXTRA_FIELD_TITLE)?,
            field_type: ExtraFieldType::Text,
            shown_on_order_details: false,
            created: now,
            modified: now,
        };
        let mut customers = CUSTOMERS.iter().map(|demo| customer(demo, now)).collect::<Result<Vec<_>>>()?;
        if let [support, test, ..] = &mut customers[..] {
            support.customer.details.accept_marketing = Some(false);
            test.customer.addresses = AddressBook::whole(vec![address(now)?]);
        }
        Ok(Self { store, installation, token, group, extra_field, customers, now })
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

fn customer(demo: &DemoCustomer, now: Timestamp) -> Result<StoredCustomer> {
    let customer = Customer {
        name: Some(CustomerName::new(demo.name)?),
        ..Customer::new(CustomerId::new(demo.id)?, EmailAddress::new(demo.email)?, now)
    };
    let mut book = ContactBook::default();
    for demo in demo.contacts {
        let address = ContactAddress::new(demo.contact_type, ContactText::new(demo.contact)?)?;
        let order_by = Some(OrderBy::new(demo.order_by)?);
        let contact = NewContact { default: demo.default, order_by, ..NewContact::of(address) };
        book.add(contact, ContactId::new(demo.id)?, now)?;
    }
    let mut contacts = book.contacts().to_vec();
    contacts.sort_unstable_by_key(|contact| contact.id);
    Ok(StoredCustomer { customer, contacts })
}

impl WriteOperation for AddDemoStore {
    type Output = ();
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<(), OperationError> {
        if tx.get::<Store>(()).await?.is_some() {
            return Ok(());
        }
        tx.insert(from_ref(&self.store)).await?;
        tx.insert(from_ref(&self.installation)).await?;
        start_listening(tx, self.store.id).await?;
        tx.insert(&[self.token]).await?;
        tx.insert(from_ref(&self.group)).await?;
        tx.insert(from_ref(&self.extra_field)).await?;
        insert_customers(tx, &self.customers).await?;
        let customers = self.customers.iter().map(|stored| Happening::CustomerCreated(stored.customer.id));
        let rest = [
            Happening::StoreCreated(self.store.id),
            Happening::ApplicationInstalled(self.installation.app),
            Happening::TokenCreated(self.token.record.id),
            Happening::GroupCreated(self.group.id),
            Happening::ExtraFieldCreated(self.extra_field.id),
        ];
        for happening in rest.into_iter().chain(customers) {
            tx.append(happening, self.now).await?;
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
        let kept = demo.customers.iter().map(|stored| stored.contacts.len());
        let said = CUSTOMERS.iter().map(|customer| customer.contacts.len());
        assert!(kept.eq(said), "a contact is there twice");
    }
}
