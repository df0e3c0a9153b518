//! The extra fields of a store's customers.

use shopfolk_model::{
    Actor, Customer, CustomerChange, ExtraField, ExtraFieldBook, ExtraFieldChange, ExtraFieldEntry,
    ExtraFieldKey, ExtraFieldRuleError, Happening, MAXIMUM_EXTRA_FIELDS, NewExtraField, StoreId, Timestamp,
};
use shopfolk_store::{
    EXTRA_FIELDS_BY_KEY, Engine, Length, Listed, PORTION, Pace, Query, ReadOperation, ReadTx, Record,
    StoreError, StoredExtraFieldValue, Which, WriteOperation, WriteTx,
};

use crate::mass_change::{Cleared, clear_portion};
use crate::{OperationError, StopReason};

/// Lists the extra fields in the order in which they were created.
#[derive(Debug, Clone, Copy)]
pub struct ListExtraFields;

impl ReadOperation for ListExtraFields {
    type Output = Listed<ExtraField>;
    type Error = OperationError;
    const READS_ONCE: bool = true;

    fn length(&self) -> Length {
        Length::Short
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        Ok(list_extra_fields(tx).await?)
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

    fn length(&self) -> Length {
        Length::Short
    }

    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<Self::Output, OperationError> {
        let found = tx.find(&EXTRA_FIELDS_BY_KEY, self.key.as_str().into()).await?;
        found.ok_or(OperationError::ExtraFieldNotFound { key: self.key })
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
        let mut book = all_extra_fields(tx).await?;
        let free = self.keys.iter().copied().find(|&key| book.find(key).is_none());
        let key = free.or(self.keys.first().copied()).ok_or(ExtraFieldRuleError::Unnamed)?;
        let id = tx.take_id().await?;
        let field = book.add(self.field.clone(), id, key, self.now)?;
        tx.insert(std::slice::from_ref(&field)).await?;
        tx.append(Happening::ExtraFieldCreated(id), self.now).await?;
        Ok(key)
    }
}

/// Looks whether the values that customers have in an extra field fit to a change of it.
#[derive(Debug, Clone)]
pub struct LookOverValues {
    /// The field.
    pub key: ExtraFieldKey,
    /// What is to become of it.
    pub change: ExtraFieldChange,
}

impl ReadOperation for LookOverValues {
    type Output = ();
    type Error = OperationError;

    fn length(&self) -> Length {
        Length::Long
    }

    /// # Errors
    /// [`ExtraFieldRuleError::ValuesDoNotFit`] when some do not.
    async fn run<T: ReadTx>(&self, tx: &mut T) -> Result<(), OperationError> {
        let Some(field_type) = self.change.field_type else { return Ok(()) };
        let found: Option<ExtraField> = tx.find(&EXTRA_FIELDS_BY_KEY, self.key.as_str().into()).await?;
        let Some(field) = found.filter(|field| field.field_type != field_type) else { return Ok(()) };
        let (mut values, mut after) = (0, None);
        loop {
            let which = Which::After(after.take(), u32::try_from(PORTION).unwrap_or(u32::MAX));
            let query = Query { table: StoredExtraFieldValue::TABLE, which };
            tx.read(&[query], &mut |_, row| {
                let number = |place| row.columns.value(place).ok()?.as_integer();
                after = number(0).zip(number(1)).map(|(customer, field)| vec![customer.into(), field.into()]);
                let stored = row.decode::<StoredExtraFieldValue>();
                let fits = stored.map_or(true, |stored| {
                    stored.field != field.id || field_type.ensure_fits(&stored.value).is_ok()
                });
                values += u64::from(!fits);
            })
            .await?;
            if after.is_none() {
                break;
            }
        }
        if values == 0 {
            return Ok(());
        }
        Err(ExtraFieldRuleError::ValuesDoNotFit { key: self.key, field_type, values }.into())
    }
}

/// Changes an extra field; what the change leaves out stays. Whether the values that customers have fit to another type,
/// [`LookOverValues`] says.
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
        let mut book = all_extra_fields(tx).await?;
        let changed = book.change(self.key, self.change.clone(), self.now)?;
        let field = changed.ok_or(OperationError::ExtraFieldNotFound { key: self.key })?;
        if self.change.is_empty() {
            return Ok(false);
        }
        tx.update(std::slice::from_ref(&field)).await?;
        tx.append(Happening::ExtraFieldUpdated(field.id), self.now).await?;
        Ok(true)
    }
}

/// Deletes an extra field and takes what customers have in it from them: in portions, each a transaction, so that no other
/// write waits long. The last one deletes the field. It is safe to repeat.
///
/// # Errors
/// When there is no such field, a customer who has a value of it is damaged, it is stopped, or the database fails; then the
/// portions that were done stay.
pub async fn delete_extra_field<E: Engine>(
    engine: &E,
    store: StoreId,
    by: Actor,
    key: ExtraFieldKey,
    now: impl Fn() -> Result<Timestamp, StopReason> + Send + Sync,
) -> Result<(), OperationError> {
    let (mut changed, mut pace) = (0, Pace::default());
    loop {
        let now = now().map_err(|reason| OperationError::Stopped { reason, changed })?;
        let portion = DeleteExtraField { key, most: pace.rows(), now };
        let cleared = engine.write_portion(store, by, portion, &mut pace).await?;
        changed += cleared.changed;
        if cleared.all {
            return Ok(());
        }
    }
}

/// Takes the values of a field from a portion of the customers who have one, and deletes the field when nobody is left.
struct DeleteExtraField {
    key: ExtraFieldKey,
    most: usize,
    now: Timestamp,
}

impl WriteOperation for DeleteExtraField {
    type Output = Cleared;
    type Error = OperationError;

    /// The field is deleted when nobody has it any more.
    async fn run<T: WriteTx>(&self, tx: &mut T) -> Result<Cleared, OperationError> {
        let not_found = OperationError::ExtraFieldNotFound { key: self.key };
        // Locks the fields, so that nobody is given a value meanwhile.
        let book = all_extra_fields(tx).await?;
        let Some(field) = book.find(self.key) else { return Err(not_found) };
        let id = field.id;
        let customers = tx.customers_with_extra_field(id, self.most).await?;
        let has_a_value = |customer: &Customer| customer.extra_fields.contains_key(&id);
        let entry = ExtraFieldEntry { key: Some(self.key), title: None, value: None };
        let change = CustomerChange { extra_fields: vec![entry], ..CustomerChange::default() };
        let cleared = clear_portion(tx, &customers, self.most, has_a_value, &change, self.now).await?;
        // A value that hangs on nobody must not keep the field.
        let orphans: Vec<_> = cleared.gone.iter().map(|&customer| (customer, id)).collect();
        tx.delete::<StoredExtraFieldValue>(&orphans).await?;
        if cleared.all {
            tx.delete::<ExtraField>(&[(id,)]).await?;
            tx.append(Happening::ExtraFieldDeleted(id), self.now).await?;
        }
        Ok(cleared)
    }
}

/// The extra fields, by id.
pub(crate) async fn list_extra_fields<T: ReadTx>(tx: &mut T) -> Result<Listed<ExtraField>, StoreError> {
    let all = tx.list_after(None, MAXIMUM_EXTRA_FIELDS).await?;
    Ok(all.map(|portion| portion.listed).unwrap_or_default())
}

/// The extra fields, for a writer, who may miss none.
pub(crate) async fn all_extra_fields<T: WriteTx>(tx: &mut T) -> Result<ExtraFieldBook, StoreError> {
    let which = Which::After(None, MAXIMUM_EXTRA_FIELDS);
    Ok(ExtraFieldBook::whole(tx.all(Query { table: ExtraField::TABLE, which }).await?))
}
