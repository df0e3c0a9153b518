//! Customers with their contacts as streamed answers.

use shopfolk_model::CustomerId;
use shopfolk_operations::{CustomerPortion, ReadContacts, ReadCustomers};
use shopfolk_store::{ContactPlace, Engine, ListedContactsPart};

use crate::caller::{self, Caller};
use crate::error::ApiError;
use crate::response_fields::ResponseFields;
use crate::streamed::{Pieces, Text};
use crate::wire::Answer;

/// What a piece is made of.
pub(crate) enum CustomerPiece {
    /// Customers, of whom the last may have more contacts.
    Customers(CustomerPortion),
    /// More contacts of the last customer.
    Contacts(ListedContactsPart),
    /// Nothing more.
    End,
}

/// Customers one after the other, or the contacts of one.
pub(crate) struct CustomerStream<E> {
    caller: Caller<E, caller::ReadCustomers>,
    /// The text before the first customer or contact.
    head: Text,
    /// What was read already.
    ready: Option<CustomerPiece>,
    /// The customer whose contacts are shown, or who is shown last.
    customer: Option<CustomerId>,
    /// What is wanted of a customer.
    fields: ResponseFields,
    /// What is wanted of a contact; `None` where contacts are not.
    contact_fields: Option<ResponseFields>,
    /// What comes behind the last; with a number when it is the count of those before it.
    tail: Option<Tail>,
    progress: Progress,
}

/// The text behind the last entry.
pub(crate) enum Tail {
    /// None: the entry is all there is.
    Nothing,
    /// The end of the list.
    List,
    /// The end of the list, and how many entries it has.
    ListAndCount,
}

impl Tail {
    /// Adds it.
    pub(crate) fn write(&self, count: u64, text: &mut Text) {
        match self {
            Self::Nothing => {}
            Self::List => text.add_text("]}"),
            Self::ListAndCount => text.add_text(&format!("],\"count\":{count}}}")),
        }
    }
}

/// How far it has come.
#[derive(Default)]
struct Progress {
    /// Those that are still to be read.
    rest: Vec<CustomerId>,
    /// Behind which contact the contacts of the last customer go on.
    more_contacts: Option<ContactPlace>,
    customers: u64,
    /// How many contacts of the last customer there are so far.
    contacts: u64,
    damaged: u64,
}

impl<E: Engine> Pieces for CustomerStream<E> {
    type Portion = CustomerPiece;

    async fn read(&mut self) -> Result<Option<CustomerPiece>, ApiError> {
        if let Some(ready) = self.ready.take() {
            return Ok(Some(ready));
        }
        if let (Some(customer), after @ Some(_)) = (self.customer, self.progress.more_contacts) {
            let part = self.caller.read(ReadContacts { customer, after }).await?;
            return Ok(Some(CustomerPiece::Contacts(part)));
        }
        let ids = std::mem::take(&mut self.progress.rest);
        if !ids.is_empty() {
            let contacts = self.contact_fields.is_some();
            return Ok(Some(CustomerPiece::Customers(
                self.caller.read(ReadCustomers { ids, contacts }).await?,
            )));
        }
        Ok(self.tail.is_some().then_some(CustomerPiece::End))
    }

    fn write(&mut self, piece: CustomerPiece, text: &mut Text) -> Result<(), ApiError> {
        text.append(std::mem::take(&mut self.head));
        match piece {
            CustomerPiece::Customers(portion) => self.write_customers(portion, text),
            CustomerPiece::Contacts(part) => self.write_contacts(&part, text),
            CustomerPiece::End => {
                if let Some(tail) = self.tail.take() {
                    tail.write(self.progress.customers, text);
                }
                Ok(())
            }
        }
    }

    fn damaged(&self) -> u64 {
        self.progress.damaged
    }
}

impl<E: Engine> CustomerStream<E> {
    /// Customers, of whom the first were read already.
    pub(crate) fn of_customers(
        caller: Caller<E, caller::ReadCustomers>,
        head: Text,
        ready: CustomerPiece,
        fields: ResponseFields,
        tail: Tail,
    ) -> Self {
        Self {
            caller,
            head,
            ready: Some(ready),
            customer: None,
            contact_fields: fields.within("contacts").cloned(),
            fields,
            tail: Some(tail),
            progress: Progress::default(),
        }
    }

    /// The contacts of a customer, of which the first were read already.
    pub(crate) fn of_contacts(
        caller: Caller<E, caller::ReadCustomers>,
        head: Text,
        customer: CustomerId,
        first: ListedContactsPart,
        fields: ResponseFields,
    ) -> Self {
        Self {
            caller,
            head,
            ready: Some(CustomerPiece::Contacts(first)),
            customer: Some(customer),
            fields: ResponseFields::default(),
            contact_fields: Some(fields),
            tail: Some(Tail::List),
            progress: Progress::default(),
        }
    }

    fn write_customers(&mut self, portion: CustomerPortion, text: &mut Text) -> Result<(), ApiError> {
        let CustomerPortion { items, damaged, more_contacts, rest } = portion;
        let progress = &mut self.progress;
        progress.damaged += damaged;
        progress.rest = rest;
        for (number, customer) in items.iter().enumerate() {
            text.separate(progress.customers);
            progress.customers += 1;
            if more_contacts.is_some() && number + 1 == items.len() {
                text.add_open(&Answer(customer), &self.fields)?;
                progress.contacts = customer.contacts.contacts().len() as u64;
            } else {
                text.add(&Answer(customer), &self.fields)?;
            }
        }
        if let Some((customer, place)) = more_contacts {
            self.customer = Some(customer);
            progress.more_contacts = Some(place);
        }
        Ok(())
    }

    fn write_contacts(&mut self, part: &ListedContactsPart, text: &mut Text) -> Result<(), ApiError> {
        let Some(fields) = &self.contact_fields else { return Ok(()) };
        let progress = &mut self.progress;
        progress.damaged += part.damaged;
        for contact in &part.contacts {
            text.separate(progress.contacts);
            progress.contacts += 1;
            text.add(&Answer(contact.as_ref()), fields)?;
        }
        let goes_on = progress.more_contacts.is_some();
        progress.more_contacts = part.more;
        // Of a list of contacts alone the end is the tail.
        if goes_on && part.more.is_none() && !self.is_of_contacts() {
            text.add_text("]}");
        }
        Ok(())
    }

    const fn is_of_contacts(&self) -> bool {
        self.progress.customers == 0
    }
}
