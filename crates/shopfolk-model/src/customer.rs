//! A customer of a store.

use crate::{
    AddressBook, AddressEntry, AddressId, AddressRuleError, AdminNotes, ContactEntry, CustomerId,
    CustomerName, EmailAddress, ExternalReferenceId, ExtraFieldEntry, ExtraFieldValues, FieldChange, GroupId,
    LanguageCode, NewContact, OrderStatistics, PrimaryPhone, TaxText, Timestamp, Whereabouts,
    WhereaboutsChange,
};

/// A customer, without the contacts, which are a [`crate::ContactBook`] of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    /// The id, unique in the store.
    pub id: CustomerId,
    /// The customer's own address, unique in the store by its key. Only customers who came from a file may have
    /// none.
    pub email: Option<EmailAddress>,
    /// The name, where one is known; it is the billing person's too.
    pub name: Option<CustomerName>,
    /// When the customer came to be.
    pub registered: Timestamp,
    /// When the customer or one of its contacts last changed.
    pub updated: Timestamp,
    /// What else is known.
    pub details: CustomerDetails,
    /// Where goods are sent.
    pub addresses: AddressBook,
    /// The group.
    pub group: GroupId,
    /// The values of extra fields.
    pub extra_fields: ExtraFieldValues,
    /// What the orders amount to: kept with the orders, not with the customer.
    pub orders: OrderStatistics,
    /// Whether another customer has the same e-mail address: a release before took the two for different ones.
    pub namesake: bool,
}

/// Whom the customer buys for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum CustomerKind {
    /// For itself.
    #[default]
    Consumer,
    /// For a business.
    Business,
}

impl CustomerKind {
    /// What the API calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Consumer => "b2c",
            Self::Business => "b2b",
        }
    }

    /// The kind of this name, in letters of any case.
    ///
    /// # Errors
    /// When no kind has that name.
    pub fn parse(text: &str) -> Result<Self, UnknownCustomerKind> {
        let is = |kind: &Self| kind.name().eq_ignore_ascii_case(text.trim());
        [Self::Consumer, Self::Business].into_iter().find(is).ok_or(UnknownCustomerKind)
    }
}

/// The text is no kind of customer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be b2c or b2b")]
pub struct UnknownCustomerKind;

/// What is known of a customer besides name, addresses and contacts. Of most customers it is nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerDetails {
    /// Where bills go.
    pub billing: Whereabouts,
    /// The tax id.
    pub tax_id: Option<TaxText>,
    /// Whether the tax id was found to be valid.
    pub tax_id_valid: bool,
    /// Whether the customer pays no tax.
    pub tax_exempt: bool,
    /// Whom the customer buys for.
    pub kind: CustomerKind,
    /// The fiscal code, for invoices in Italy.
    pub fiscal_code: Option<TaxText>,
    /// The certified e-mail address for electronic invoices in Italy.
    pub invoice_email: Option<TaxText>,
    /// The code of the system that takes electronic invoices in Italy.
    pub invoice_code: Option<TaxText>,
    /// What the store's people note for themselves.
    pub admin_notes: Option<AdminNotes>,
    /// Whether the customer agreed to marketing, where that is known.
    pub accept_marketing: Option<bool>,
    /// The customer's language.
    pub language: Option<LanguageCode>,
    /// What the customer is called in somebody else's system; unique in the store.
    pub external_reference: Option<ExternalReferenceId>,
}

impl Default for CustomerDetails {
    fn default() -> Self {
        Self {
            billing: Whereabouts::default(),
            tax_id: None,
            tax_id_valid: true,
            tax_exempt: false,
            kind: CustomerKind::default(),
            fiscal_code: None,
            invoice_email: None,
            invoice_code: None,
            admin_notes: None,
            accept_marketing: None,
            language: None,
            external_reference: None,
        }
    }
}

/// What a caller says of the details; what is left out stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CustomerDetailsChange {
    /// Where bills go.
    pub billing: WhereaboutsChange,
    /// The tax id.
    pub tax_id: FieldChange<TaxText>,
    /// Whether it is valid.
    pub tax_id_valid: Option<bool>,
    /// Whether the customer pays no tax.
    pub tax_exempt: Option<bool>,
    /// Whom the customer buys for.
    pub kind: Option<CustomerKind>,
    /// The fiscal code.
    pub fiscal_code: FieldChange<TaxText>,
    /// The certified e-mail address.
    pub invoice_email: FieldChange<TaxText>,
    /// The code for invoices.
    pub invoice_code: FieldChange<TaxText>,
    /// The notes.
    pub admin_notes: FieldChange<AdminNotes>,
    /// Whether the customer agreed to marketing.
    pub accept_marketing: FieldChange<bool>,
    /// The language.
    pub language: FieldChange<LanguageCode>,
    /// The name in somebody else's system.
    pub external_reference: FieldChange<ExternalReferenceId>,
}

impl CustomerDetails {
    /// Whether more is known of a customer with these addresses than what holds for everybody and the external reference.
    pub fn are_known(&self, addresses: &AddressBook) -> bool {
        let without_reference = Self { external_reference: None, ..self.clone() };
        without_reference != Self::default() || !addresses.addresses().is_empty()
    }

    /// The details after a change.
    #[must_use]
    pub fn changed(self, change: CustomerDetailsChange) -> Self {
        Self {
            billing: self.billing.changed(change.billing),
            tax_id: change.tax_id.apply(self.tax_id),
            tax_id_valid: change.tax_id_valid.unwrap_or(self.tax_id_valid),
            tax_exempt: change.tax_exempt.unwrap_or(self.tax_exempt),
            kind: change.kind.unwrap_or(self.kind),
            fiscal_code: change.fiscal_code.apply(self.fiscal_code),
            invoice_email: change.invoice_email.apply(self.invoice_email),
            invoice_code: change.invoice_code.apply(self.invoice_code),
            admin_notes: change.admin_notes.apply(self.admin_notes),
            accept_marketing: change.accept_marketing.apply(self.accept_marketing),
            language: change.language.apply(self.language),
            external_reference: change.external_reference.apply(self.external_reference),
        }
    }
}

/// A customer that is no more. Those that were deleted earlier come first, and of one time those with lower ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeletedCustomer {
    /// When it was deleted.
    pub deleted: Timestamp,
    /// The id it had.
    pub id: CustomerId,
}

/// What a caller says of a customer that shall be created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCustomer {
    /// The customer's own address.
    pub email: Option<EmailAddress>,
    /// The name, where one is given.
    pub name: Option<CustomerName>,
    /// The details.
    pub details: CustomerDetails,
    /// The shipping addresses, in their order; the ids they name mean nothing yet.
    pub addresses: Vec<AddressEntry>,
    /// The contacts that come with the customer, in their order.
    pub contacts: Vec<NewContact>,
    /// The group.
    pub group: GroupId,
    /// The values of extra fields.
    pub extra_fields: Vec<ExtraFieldEntry>,
}

impl NewCustomer {
    /// A customer of whom nothing but the address is known.
    pub fn of(email: EmailAddress) -> Self {
        Self {
            email: Some(email),
            name: None,
            details: CustomerDetails::default(),
            addresses: Vec::new(),
            contacts: Vec::new(),
            group: GroupId::GENERAL,
            extra_fields: Vec::new(),
        }
    }
}

/// What a caller says of a customer that shall be changed; what is left out stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CustomerChange {
    /// The customer's own address.
    pub email: Option<EmailAddress>,
    /// The name.
    pub name: FieldChange<CustomerName>,
    /// The details.
    pub details: CustomerDetailsChange,
    /// The list that takes the place of the shipping addresses.
    pub addresses: Option<Vec<AddressEntry>>,
    /// The list that takes the place of the contacts.
    pub contacts: Option<Vec<ContactEntry>>,
    /// The telephone number that is to be the default one, whether it is among the contacts or not.
    pub primary_phone: Option<PrimaryPhone>,
    /// The group.
    pub group: Option<GroupId>,
    /// Values of extra fields; others stay.
    pub extra_fields: Vec<ExtraFieldEntry>,
}

impl Customer {
    /// A customer that comes to be `now`, of whom nothing but the address is known.
    pub fn new(id: CustomerId, email: impl Into<Option<EmailAddress>>, now: Timestamp) -> Self {
        Self {
            id,
            email: email.into(),
            name: None,
            registered: now,
            updated: now,
            details: CustomerDetails::default(),
            addresses: AddressBook::default(),
            group: GroupId::GENERAL,
            extra_fields: ExtraFieldValues::new(),
            orders: OrderStatistics::default(),
            namesake: false,
        }
    }

    /// When a change is said to have happened: now, but never before the customer came to be, or before the change that was
    /// there already, whatever the clock says.
    pub fn time_of_change(&self, now: Timestamp) -> Timestamp {
        time_of_change(self.updated.max(self.registered), now)
    }

    /// The customer after a change, which happened `now` ([`Customer::time_of_change`]); new addresses take the next of `address_ids`. Values of extra
    /// fields are set by the book of these fields ([`crate::ExtraFieldBook::set`]).
    ///
    /// # Errors
    /// When the list of addresses is refused.
    pub fn changed(
        &self,
        change: &CustomerChange,
        address_ids: impl IntoIterator<Item = AddressId>,
        now: Timestamp,
    ) -> Result<Self, AddressRuleError> {
        let mut addresses = self.addresses.clone();
        if let Some(entries) = &change.addresses {
            addresses.replace(entries, address_ids, now)?;
        }
        let email = change.email.clone().or_else(|| self.email.clone());
        let key = |email: &Option<EmailAddress>| email.as_ref().map(EmailAddress::key);
        Ok(Self {
            id: self.id,
            namesake: self.namesake && key(&email) == key(&self.email),
            email,
            name: change.name.clone().apply(self.name.clone()),
            registered: self.registered,
            updated: self.time_of_change(now),
            details: self.details.clone().changed(change.details.clone()),
            addresses,
            group: change.group.unwrap_or(self.group),
            extra_fields: self.extra_fields.clone(),
            orders: self.orders,
        })
    }
}

/// When a change after one at `last` is said to have happened: now, or then if the clock has gone back since.
pub fn time_of_change(last: Timestamp, now: Timestamp) -> Timestamp {
    now.max(last)
}

impl CustomerChange {
    /// Whether the change says nothing at all.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// How many of the addresses are new.
    pub fn new_addresses(&self) -> usize {
        self.addresses.iter().flatten().filter(|entry| entry.id.is_none()).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn anna() -> Customer {
        let now = Timestamp::from_unix_seconds(1_000).unwrap();
        let email = EmailAddress::new("anna@example.com").unwrap();
        Customer {
            name: CustomerName::optional("Anna").unwrap(),
            details: CustomerDetails {
                tax_id: TaxText::optional("7").unwrap(),
                accept_marketing: Some(false),
                ..CustomerDetails::default()
            },
            ..Customer::new(CustomerId::new(7).unwrap(), email, now)
        }
    }

    #[test]
    fn a_change_that_says_nothing_moves_nothing_but_the_time() {
        let later = Timestamp::from_unix_seconds(2_000).unwrap();
        let changed = anna().changed(&CustomerChange::default(), [], later);
        assert_eq!(changed, Ok(Customer { updated: later, ..anna() }));
    }

    #[test]
    fn a_change_is_never_before_the_one_before_or_the_registration() {
        let at = |seconds| Timestamp::from_unix_seconds(seconds).unwrap();
        let changed = |customer: &Customer, now| {
            customer.changed(&CustomerChange::default(), [], at(now)).unwrap().updated
        };
        let customer = Customer { updated: at(2_000), ..anna() };
        assert_eq!(changed(&customer, 3_000), at(3_000));
        assert_eq!(changed(&customer, 1_500), at(2_000));
        let registered_later = Customer { registered: at(4_000), ..customer };
        assert_eq!(changed(&registered_later, 3_000), at(4_000));
        assert_eq!(time_of_change(at(2_000), at(1_999)), at(2_000));
    }

    #[test]
    fn details_are_set_and_cleared() {
        let change = CustomerDetailsChange {
            tax_id: FieldChange::Clear,
            accept_marketing: FieldChange::Clear,
            kind: Some(CustomerKind::Business),
            ..CustomerDetailsChange::default()
        };
        let details = anna().details.changed(change);
        assert_eq!(details, CustomerDetails { kind: CustomerKind::Business, ..CustomerDetails::default() });
        let nowhere = AddressBook::default();
        assert!(details.are_known(&nowhere) && !CustomerDetails::default().are_known(&nowhere));
    }

    #[test]
    fn a_kind_is_known_by_its_name() {
        assert_eq!(CustomerKind::parse(" B2B "), Ok(CustomerKind::Business));
        assert_eq!(CustomerKind::parse("b2c"), Ok(CustomerKind::Consumer));
        assert_eq!(CustomerKind::parse("b2g"), Err(UnknownCustomerKind));
    }
}
