//! The extra fields of a store's customers: their definitions.

use std::future::Future;

use shopfolk_model::{ExtraField, ExtraFieldId, ExtraFieldKey};

use crate::StoreError;

/// Reading extra fields.
pub trait ReadExtraFields {
    /// The field with this key.
    ///
    /// # Errors
    /// When the database fails.
    fn find_extra_field(
        &mut self,
        key: ExtraFieldKey,
    ) -> impl Future<Output = Result<Option<ExtraField>, StoreError>> + Send;

    /// All fields of the store, by id; they are a hundred at the most. Transactions that read them in order to write
    /// come one after the other.
    ///
    /// # Errors
    /// When the database fails.
    fn list_extra_fields(&mut self) -> impl Future<Output = Result<Vec<ExtraField>, StoreError>> + Send;
}

/// Writing extra fields.
pub trait WriteExtraFields {
    /// An id for a new field.
    ///
    /// # Errors
    /// When the database fails or has no id left.
    fn next_extra_field_id(&mut self) -> impl Future<Output = Result<ExtraFieldId, StoreError>> + Send;

    /// Keeps a new field.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the store has the id, the key or the title; otherwise when the database fails.
    fn add_extra_field(&mut self, field: &ExtraField) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Makes the field with this id, which is there, this one.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when another field has the title; otherwise when the database fails.
    fn change_extra_field(
        &mut self,
        field: &ExtraField,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Removes a field with all its values; `false` when there is none with that id.
    ///
    /// # Errors
    /// When the database fails.
    fn remove_extra_field(
        &mut self,
        id: ExtraFieldId,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;
}
