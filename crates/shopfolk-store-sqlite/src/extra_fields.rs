//! Extra fields, besides their rows.

use shopfolk_model::ExtraFieldId;
use shopfolk_store::{StoreError, WriteExtraFields};

use crate::tx::SqliteWriteTx;

impl WriteExtraFields for SqliteWriteTx<'_> {
    async fn remove_extra_field_values(&mut self, field: ExtraFieldId) -> Result<(), StoreError> {
        self.change(
            "remove the values of an extra field",
            "DELETE FROM customer_extra_field_values WHERE store_id = ?1 AND extra_field_id = ?2",
            (self.store.get(), field.get()),
        )?;
        Ok(())
    }
}
