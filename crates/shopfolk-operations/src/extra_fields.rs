//! The extra fields of a store's customers.

use shopfolk_model::{
    Event, ExtraField, ExtraFieldBook, ExtraFieldChange, ExtraFieldKey, ExtraFieldRuleError, Happening,
    NewExtraField, Timestamp,
};
use shopfolk_store::{ReadOperation, ReadTx, WriteOperation, WriteTx};

use crate::OperationError;

/// Lists the extra fields in the order in which they were created.
#[derive(Debug, Clone, Copy)]
pub struct ListExtraFields;

impl ReadOperation for ListExtraFields {
    type Output = Vec<ExtraField>;
    type Error = OperationError;
    const READS_ONCE: bool = true;

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        Ok(tx.list_extra_fields().await?)
    }
}

/// Finds an extra field.
#[derive(Debug, Clone, Copy)]
pub struct GetExtraField {
    /// The field.
    pub key: ExtraFieldKey,
}

impl ReadOperation for GetExtraField {
    type Output = ExtraField;
    type Error = OperationError;
    const READS_ONCE: bool = true;

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        tx.find_extra_field(self.key).await?.ok_or(OperationError::ExtraFieldNotFound { key: self.key })
    }
}

/// Creates an extra field.
#[derive(Debug, Clone)]
pub struct CreateExtraField {
    /// What is said of it.
    pub field: NewExtraField,
    /// Keys that were drawn at random, of which the first that is free becomes that of the field.
    pub keys: Vec<ExtraFieldKey>,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for CreateExtraField {
    type Output = ExtraFieldKey;
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let mut book = ExtraFieldBook::whole(tx.list_extra_fields().await?);
        let free = self.keys.iter().copied().find(|&key| book.find(key).is_none());
        let key = free.or(self.keys.first().copied()).ok_or(ExtraFieldRuleError::Unnamed)?;
        let id = tx.next_extra_field_id().await?;
        let field = book.add(self.field.clone(), id, key, self.now)?;
        tx.add_extra_field(&field).await?;
        append(tx, Happening::ExtraFieldCreated(id), self.now).await?;
        Ok(key)
    }
}

/// Changes an extra field; what the change leaves out stays.
#[derive(Debug, Clone)]
pub struct ChangeExtraField {
    /// The field.
    pub key: ExtraFieldKey,
    /// What becomes of it.
    pub change: ExtraFieldChange,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for ChangeExtraField {
    type Output = bool;
    type Error = OperationError;

    /// Answers whether the change said anything.
    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let mut book = ExtraFieldBook::whole(tx.list_extra_fields().await?);
        let changed = book.change(self.key, self.change.clone(), self.now)?;
        let field = changed.ok_or(OperationError::ExtraFieldNotFound { key: self.key })?;
        if self.change.is_empty() {
            return Ok(false);
        }
        tx.change_extra_field(&field).await?;
        append(tx, Happening::ExtraFieldUpdated(field.id), self.now).await?;
        Ok(true)
    }
}

/// Deletes an extra field with all its values.
#[derive(Debug, Clone, Copy)]
pub struct DeleteExtraField {
    /// The field.
    pub key: ExtraFieldKey,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for DeleteExtraField {
    type Output = ();
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<(), OperationError> {
        let not_found = OperationError::ExtraFieldNotFound { key: self.key };
        let book = ExtraFieldBook::whole(tx.list_extra_fields().await?);
        let Some(field) = book.find(self.key) else { return Err(not_found) };
        if !tx.remove_extra_field(field.id).await? {
            return Err(not_found);
        }
        append(tx, Happening::ExtraFieldDeleted(field.id), self.now).await
    }
}

async fn append<T: WriteTx>(tx: &mut T, happening: Happening, now: Timestamp) -> Result<(), OperationError> {
    Ok(tx.append_event(&Event { happening, created: now }).await?)
}
