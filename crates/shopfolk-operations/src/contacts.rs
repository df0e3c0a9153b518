//! The calls on a customer's contacts.

use std::sync::Arc;

use shopfolk_model::{
    Addition, Contact, ContactBook, ContactChange, ContactId, CustomerId, Event, Happening, NewContact,
    Timestamp, time_of_change,
};
use shopfolk_store::{
    BookToAdd, CustomerRow, Damage, FoundContacts, Length, Query, ReadOperation, ReadTx, StateBefore,
    StoreError, WriteOperation, WriteTx,
};

use crate::OperationError;

/// Creates a contact of a customer, unless an equal one is there.
#[derive(Debug, Clone)]
pub struct CreateContact {
    /// The customer.
    pub customer: CustomerId,
    /// The contact.
    pub contact: NewContact,
    /// Now.
    pub now: Timestamp,
}

/// What creating a contact led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContactCreation {
    /// The contact is new.
    Created(Arc<Contact>),
    /// An equal contact was there already; nothing changed.
    AlreadyThere(Arc<Contact>),
}

impl WriteOperation for CreateContact {
    type Output = ContactCreation;
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let found = tx.find_contact_book_to_add(self.customer, &self.contact).await?;
        let BookToAdd { mut book, updated } =
            found.ok_or(OperationError::CustomerNotFound { id: self.customer })?;
        let id = tx.take_id().await?;
        match book.add(self.contact.clone(), id, self.now)? {
            Addition::AlreadyThere(contact) => Ok(ContactCreation::AlreadyThere(contact)),
            Addition::Added { contact, change } => {
                tx.write_contacts(self.customer, &change, time_of_change(updated, self.now)).await?;
                let happening = Happening::ContactCreated(self.customer);
                append(
                    tx,
                    happening,
                    Some(contact.id),
                    StateBefore::of_contacts(self.customer, &change),
                    self.now,
                )
                .await?;
                Ok(ContactCreation::Created(contact))
            }
        }
    }
}

/// Changes a contact; what the change leaves out stays.
#[derive(Debug, Clone)]
pub struct ChangeContact {
    /// The customer.
    pub customer: CustomerId,
    /// The contact.
    pub contact: ContactId,
    /// What becomes of it.
    pub change: ContactChange,
    /// Now.
    pub now: Timestamp,
}

/// What changing a contact led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ContactUpdate {
    /// The contact was changed.
    Updated,
    /// The change said nothing; nothing changed.
    NothingToDo,
}

impl WriteOperation for ChangeContact {
    type Output = ContactUpdate;
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let (mut book, updated) = contact_book(tx, self.customer).await?;
        if self.change.is_empty() && book.find(self.contact).is_some() {
            return Ok(ContactUpdate::NothingToDo);
        }
        let change = book
            .change(self.contact, self.change.clone())?
            .ok_or(OperationError::ContactNotFound { id: self.contact })?;
        tx.write_contacts(self.customer, &change, time_of_change(updated, self.now)).await?;
        let happening = Happening::ContactUpdated(self.customer);
        append(tx, happening, Some(self.contact), StateBefore::of_contacts(self.customer, &change), self.now)
            .await?;
        Ok(ContactUpdate::Updated)
    }
}

/// Deletes a contact.
#[derive(Debug, Clone, Copy)]
pub struct DeleteContact {
    /// The customer.
    pub customer: CustomerId,
    /// The contact.
    pub contact: ContactId,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for DeleteContact {
    type Output = ();
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<(), OperationError> {
        let (mut book, updated) = contact_book(tx, self.customer).await?;
        let change = book.remove(self.contact).ok_or(OperationError::ContactNotFound { id: self.contact })?;
        tx.write_contacts(self.customer, &change, time_of_change(updated, self.now)).await?;
        let happening = Happening::ContactDeleted(self.customer);
        append(tx, happening, Some(self.contact), StateBefore::of_contacts(self.customer, &change), self.now)
            .await
    }
}

/// Puts all contacts of a customer in an order, in one step.
#[derive(Debug, Clone)]
pub struct OrderContacts {
    /// The customer.
    pub customer: CustomerId,
    /// The contacts, each exactly once.
    pub contacts: Vec<ContactId>,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for OrderContacts {
    type Output = ContactUpdate;
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let (mut book, updated) = contact_book(tx, self.customer).await?;
        let Some(change) = book.order(&self.contacts, self.now)? else {
            return Ok(ContactUpdate::NothingToDo);
        };
        tx.write_contacts(self.customer, &change, time_of_change(updated, self.now)).await?;
        let before = StateBefore::of_contacts(self.customer, &change);
        append(tx, Happening::CustomerUpdated(self.customer), None, before, self.now).await?;
        Ok(ContactUpdate::Updated)
    }
}

/// Finds one contact of a customer.
#[derive(Debug, Clone, Copy)]
pub struct GetContact {
    /// The customer.
    pub customer: CustomerId,
    /// The contact.
    pub contact: ContactId,
}

impl ReadOperation for GetContact {
    type Output = Arc<Contact>;
    type Error = OperationError;
    const READS_ONCE: bool = true;

    fn length(&self) -> Length {
        Length::Short
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let found = found_contacts(tx, self.customer).await?;
        if let Some(contact) = found.contacts.into_iter().find(|contact| contact.id == self.contact) {
            return Ok(contact);
        }
        match found.damaged.into_iter().find(|(id, _)| *id == Some(self.contact)) {
            Some((_, damage)) => Err(StoreError::from(damage).into()),
            None => Err(OperationError::ContactNotFound { id: self.contact }),
        }
    }
}

async fn found_contacts<T: ReadTx>(
    tx: &mut T,
    customer: CustomerId,
) -> Result<FoundContacts, OperationError> {
    tx.find_contacts(customer).await?.ok_or(OperationError::CustomerNotFound { id: customer })
}

/// All contacts of a customer, and when the customer last changed, in one look.
async fn contact_book<T: WriteTx>(
    tx: &mut T,
    customer: CustomerId,
) -> Result<(ContactBook, Timestamp), OperationError> {
    let mut row: Option<Result<CustomerRow, Damage>> = None;
    let query = Query::keys::<CustomerRow>(&[(customer,)]);
    let mut found =
        tx.read_with_contacts(&[query], &mut |found| row = Some(found.decode()), &[customer]).await?;
    let row = row.ok_or(OperationError::CustomerNotFound { id: customer })?.map_err(StoreError::from)?;
    let contacts = found.remove(&customer).unwrap_or_default().whole().map_err(StoreError::from)?;
    Ok((contacts, row.updated))
}

async fn append<T: WriteTx>(
    tx: &mut T,
    happening: Happening,
    contact: Option<ContactId>,
    before: Option<Box<str>>,
    now: Timestamp,
) -> Result<(), OperationError> {
    let event = Event { happening, contact, by: tx.author(), created: now, before };
    Ok(tx.append_event(&event).await?)
}
