//! Bringing the groups and extra fields of another store into a store, before the customers who have them.

use shopfolk_model::{
    CustomerGroup, ExtraField, ExtraFieldBook, ExtraFieldKey, GroupBook, Happening, NewExtraField, NewGroup,
    Timestamp,
};
use shopfolk_store::{WriteOperation, WriteTx};

use crate::OperationError;
use crate::extra_fields::all_extra_fields;
use crate::groups::all_groups;

/// Creates the groups that the store does not have. One with the name of another is that group, and stays as it is; an external
/// reference that another group has is left out.
#[derive(Debug, Clone)]
pub struct ImportGroups {
    /// The groups.
    pub groups: Vec<NewGroup>,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for ImportGroups {
    /// How many were created.
    type Output = usize;
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let mut book = all_groups(tx).await?;
        let mut created = 0;
        for group in &self.groups {
            let key = group.name.key();
            let is_known = |other: &CustomerGroup| other.name.key() == key;
            if is_known(&GroupBook::general()) || book.created().iter().any(is_known) {
                continue;
            }
            let has_reference = |other: &CustomerGroup| {
                other.external_reference.is_some() && other.external_reference == group.external_reference
            };
            let mut group = group.clone();
            if book.created().iter().any(has_reference) {
                group.external_reference = None;
            }
            let id = tx.take_id().await?;
            let group = book.add(group, id)?;
            tx.insert(std::slice::from_ref(&group)).await?;
            tx.append(Happening::GroupCreated(id), self.now).await?;
            created += 1;
        }
        Ok(created)
    }
}

/// An extra field that comes from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtraFieldDefinition {
    /// The key it had there, which it keeps where no other field has it.
    pub key: ExtraFieldKey,
    /// What is said of it.
    pub field: NewExtraField,
    /// When it was created.
    pub created: Timestamp,
    /// When it last changed.
    pub modified: Timestamp,
}

/// Creates the extra fields that the store does not have. One with the title of another is that field, and stays as it is.
#[derive(Debug, Clone)]
pub struct ImportExtraFields {
    /// The fields.
    pub fields: Vec<ExtraFieldDefinition>,
    /// Keys that were drawn at random, for fields whose own is another's here.
    pub keys: Vec<ExtraFieldKey>,
    /// Now.
    pub now: Timestamp,
}

impl WriteOperation for ImportExtraFields {
    /// How many were created.
    type Output = usize;
    type Error = OperationError;

    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let mut book = all_extra_fields(tx).await?;
        let mut created = 0;
        for imported in &self.fields {
            if book.find_by_title(&imported.field.title).is_some() {
                continue;
            }
            let key = self.free_key(&book, imported.key);
            let id = tx.take_id().await?;
            let field = book.add(imported.field.clone(), id, key, self.now)?;
            let ExtraFieldDefinition { created: since, modified, .. } = *imported;
            let field =
                ExtraField { created: since.min(self.now), modified: modified.min(self.now), ..field };
            tx.insert(&[field]).await?;
            tx.append(Happening::ExtraFieldCreated(id), self.now).await?;
            created += 1;
        }
        Ok(created)
    }
}

impl ImportExtraFields {
    fn free_key(&self, book: &ExtraFieldBook, own: ExtraFieldKey) -> ExtraFieldKey {
        let mut keys = [own].into_iter().chain(self.keys.iter().copied());
        keys.find(|&key| book.find(key).is_none()).unwrap_or(own)
    }
}
