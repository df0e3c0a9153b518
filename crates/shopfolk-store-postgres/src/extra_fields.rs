//! Extra fields, besides their rows.

use shopfolk_model::ExtraFieldId;
use shopfolk_store::{StoreError, WriteExtraFields};

use crate::parameter::parameters_of;
use crate::tx::PostgresWriteTx;

impl WriteExtraFields for PostgresWriteTx<'_> {
    async fn remove_extra_field_values(&mut self, field: ExtraFieldId) -> Result<(), StoreError> {
        self.queue(
            "remove the values of an extra field",
            "DELETE FROM customer_extra_field_values WHERE store_id = $1 AND extra_field_id = $2",
            parameters_of![self.store.get(), field.get()],
        );
        Ok(())
    }
}
