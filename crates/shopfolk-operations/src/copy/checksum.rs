//! What a store holds, as counts and a checksum, which are the same in every database that holds the same.

use std::fmt;

use sha2::{Digest, Sha256};
use shopfolk_model::{
    AddressNote, AdminNotes, City, CompanyName, Contact, ContactHandle, ContactNote, CountryCode,
    CustomerDetails, CustomerGroup, CustomerId, CustomerName, Day, Event, ExternalReferenceId, ExtraField,
    LanguageCode, Order, OrderStatistics, PhoneNumber, PostalCode, ShippingAddress, StateCode, Store,
    StoreId, Street, TaxText, Timestamp, TokenKind, Whereabouts,
};
use shopfolk_store::{Engine, StoreError, StoredCustomer, StoredToken};

use super::CopyError;
use super::rows::{
    CUSTOMERS, EVENTS, ORDERS, TOKENS, list_customers, list_events, list_extra_fields, list_groups,
    list_orders, list_tokens,
};
use crate::GetStore;

/// SHA-256 over all rows of a store, shown in hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checksum([u8; 32]);

impl fmt::Display for Checksum {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// What a store holds. Whether it is suspended is not in it, nor are its next ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreContents {
    /// How many tokens.
    pub tokens: u64,
    /// How many customers.
    pub customers: u64,
    /// How many contacts.
    pub contacts: u64,
    /// How many events.
    pub events: u64,
    /// The checksum over all of them.
    pub checksum: Checksum,
}

/// Reads everything that a store holds, batch by batch. `failed` says which side it is when the database fails; `read` is
/// told how many customers and events were read.
///
/// # Errors
/// When there is no such store, the database fails, or `read` says so.
pub(super) async fn contents_of<E: Engine>(
    engine: &E,
    id: StoreId,
    failed: fn(StoreError) -> CopyError,
    mut read: impl FnMut(u64) -> Result<(), CopyError>,
) -> Result<StoreContents, CopyError> {
    let mut sum = Sum(Sha256::new());
    let (mut tokens, mut customers, mut contacts, mut events) = (0, 0, 0, 0);
    let store = engine.read(id, GetStore).await.map_err(failed)?;
    sum.store(&store.ok_or(CopyError::StoreNotFound { id })?);

    let mut after = None;
    loop {
        let batch = list_tokens(engine, id, after, TOKENS).await.map_err(failed)?;
        let Some(last) = batch.last() else { break };
        after = Some(last.record.id);
        tokens += batch.len() as u64;
        for token in &batch {
            sum.token(token);
        }
    }
    for group in list_groups(engine, id, None).await.map_err(failed)? {
        sum.group(&group);
    }
    for field in list_extra_fields(engine, id, None).await.map_err(failed)? {
        sum.extra_field(&field);
    }
    let mut after = None;
    loop {
        let batch = list_customers(engine, id, after, CUSTOMERS).await.map_err(failed)?;
        let Some(last) = batch.last() else { break };
        after = Some(last.customer.id);
        customers += batch.len() as u64;
        contacts += batch.iter().map(|customer| customer.contacts.len() as u64).sum::<u64>();
        for customer in &batch {
            sum.customer(customer);
        }
        read(customers)?;
    }
    let mut after = None;
    loop {
        let batch = list_orders(engine, id, after, ORDERS).await.map_err(failed)?;
        let Some(last) = batch.last() else { break };
        after = Some(last.number);
        for order in &batch {
            sum.order(order);
        }
    }
    let mut after = None;
    loop {
        let batch = list_events(engine, id, after, EVENTS).await.map_err(failed)?;
        let Some(last) = batch.last() else { break };
        after = Some(last.place);
        events += batch.len() as u64;
        for event in &batch {
            sum.event(event.event);
        }
        read(customers + events)?;
    }
    let checksum = Checksum(sum.0.finalize().into());
    Ok(StoreContents { tokens, customers, contacts, events, checksum })
}

/// The checksum while it is made. Every row begins with a letter for its kind, every text with its length, and every value
/// that may be missing with whether it is there: no two different stores are written the same way.
struct Sum(Sha256);

impl Sum {
    fn kind(&mut self, letter: u8) {
        self.0.update([letter]);
    }

    fn number(&mut self, number: i64) {
        self.0.update(number.to_be_bytes());
    }

    fn flag(&mut self, flag: bool) {
        self.0.update([u8::from(flag)]);
    }

    fn text(&mut self, text: &str) {
        self.0.update((text.len() as u64).to_be_bytes());
        self.0.update(text);
    }

    fn maybe_text(&mut self, text: Option<&str>) {
        self.flag(text.is_some());
        self.text(text.unwrap_or_default());
    }

    fn store(&mut self, Store { id, name, suspended: _, created }: &Store) {
        self.kind(b'S');
        self.number(id.get());
        self.text(name.as_str());
        self.number(created.unix_seconds());
    }

    fn token(&mut self, StoredToken { record, hash }: &StoredToken) {
        self.kind(b'T');
        self.number(record.id.get());
        self.flag(record.kind == TokenKind::Public);
        self.text(&record.scopes.to_string());
        self.number(record.created.unix_seconds());
        self.number(record.last_used.map_or(-1, Day::number));
        self.0.update(hash.as_bytes());
    }

    fn group(&mut self, CustomerGroup { id, name, external_reference }: &CustomerGroup) {
        self.kind(b'G');
        self.number(id.get());
        self.text(name.as_str());
        self.maybe_text(external_reference.as_ref().map(ExternalReferenceId::as_str));
    }

    fn extra_field(&mut self, field: &ExtraField) {
        let ExtraField { id, key, title, field_type, shown_on_order_details, created, modified } = field;
        self.kind(b'F');
        self.number(id.get());
        self.text(key.as_str());
        self.text(title.as_str());
        self.text(field_type.name());
        self.flag(*shown_on_order_details);
        self.number(created.unix_seconds());
        self.number(modified.unix_seconds());
    }

    fn order(&mut self, order: &Order) {
        let Order { number, key, customer, email, total, created, products, document } = order;
        self.kind(b'O');
        self.number(number.get());
        self.text(key.as_str());
        self.number(customer.map_or(-1, CustomerId::get));
        self.text(email.as_str());
        self.number(total.units());
        self.number(created.unix_seconds());
        for product in products {
            self.kind(b'p');
            self.number(product.id.get());
            self.text(&product.name);
        }
        self.text(document);
    }

    fn customer(&mut self, StoredCustomer { customer, contacts }: &StoredCustomer) {
        self.kind(b'C');
        self.number(customer.id.get());
        self.text(customer.email.as_str());
        self.maybe_text(customer.name.as_ref().map(CustomerName::as_str));
        self.number(customer.registered.unix_seconds());
        self.number(customer.updated.unix_seconds());
        self.details(&customer.details);
        self.number(customer.group.get());
        let OrderStatistics { orders, sales, first, last } = customer.orders;
        self.number(i64::try_from(orders).unwrap_or(i64::MAX));
        self.number(sales.units());
        self.number(first.map_or(-1, Timestamp::unix_seconds));
        self.number(last.map_or(-1, Timestamp::unix_seconds));
        for (field, value) in &customer.extra_fields {
            self.kind(b'x');
            self.number(field.get());
            self.text(value.as_str());
        }
        for address in customer.addresses.addresses() {
            self.address(address);
        }
        for contact in contacts {
            self.contact(contact);
        }
    }

    fn details(&mut self, details: &CustomerDetails) {
        let CustomerDetails {
            billing,
            tax_id,
            tax_id_valid,
            tax_exempt,
            kind,
            fiscal_code,
            invoice_email,
            invoice_code,
            admin_notes,
            accept_marketing,
            language,
            external_reference,
        } = details;
        self.whereabouts(billing);
        self.maybe_text(tax_id.as_ref().map(TaxText::as_str));
        self.flag(*tax_id_valid);
        self.flag(*tax_exempt);
        self.text(kind.name());
        for text in [fiscal_code, invoice_email, invoice_code] {
            self.maybe_text(text.as_ref().map(TaxText::as_str));
        }
        self.maybe_text(admin_notes.as_ref().map(AdminNotes::as_str));
        self.flag(accept_marketing.is_some());
        self.flag(accept_marketing.unwrap_or_default());
        self.maybe_text(language.as_ref().map(LanguageCode::as_str));
        self.maybe_text(external_reference.as_ref().map(ExternalReferenceId::as_str));
    }

    fn whereabouts(&mut self, whereabouts: &Whereabouts) {
        let Whereabouts { company_name, street, city, country, postal_code, state, phone } = whereabouts;
        self.maybe_text(company_name.as_ref().map(CompanyName::as_str));
        self.maybe_text(street.as_ref().map(Street::as_str));
        self.maybe_text(city.as_ref().map(City::as_str));
        self.maybe_text(country.as_ref().map(CountryCode::as_str));
        self.maybe_text(postal_code.as_ref().map(PostalCode::as_str));
        self.maybe_text(state.as_ref().map(StateCode::as_str));
        self.maybe_text(phone.as_ref().map(PhoneNumber::as_str));
    }

    fn address(&mut self, address: &ShippingAddress) {
        let ShippingAddress { id, name, whereabouts, note, created, default, order_by } = address;
        self.kind(b'a');
        self.number(id.get());
        self.maybe_text(name.as_ref().map(CustomerName::as_str));
        self.whereabouts(whereabouts);
        self.maybe_text(note.as_ref().map(AddressNote::as_str));
        self.number(created.unix_seconds());
        self.flag(*default);
        self.number(order_by.get().into());
    }

    fn contact(&mut self, contact: &Contact) {
        let Contact { id, address, handle, note, default, order_by, timestamp } = contact;
        self.kind(b'c');
        self.number(id.get());
        self.number(address.contact_type().code().into());
        self.text(address.contact().as_str());
        self.maybe_text(handle.as_ref().map(ContactHandle::as_str));
        self.maybe_text(note.as_ref().map(ContactNote::as_str));
        self.flag(*default);
        self.number(order_by.get().into());
        self.number(timestamp.unix_seconds());
    }

    fn event(&mut self, Event { happening, created }: Event) {
        self.kind(b'E');
        self.number(happening.code().into());
        self.number(happening.entity_id());
        self.number(created.unix_seconds());
    }
}
