//! The definitions of customers' extra fields.

use shopfolk_model::{ExtraField, ExtraFieldId, ExtraFieldKey, ExtraFieldTitle, ExtraFieldType, Timestamp};
use shopfolk_store::{ReadExtraFields, StoreError, WriteExtraFields};
use tokio_postgres::Row;

use crate::ids::Kind;
use crate::parameter::parameters_of;
use crate::row::Place;
use crate::session::Step;
use crate::stores::lock_for;
use crate::tx::{Access, PostgresTx, PostgresWriteTx};

/// Reads `extra_field_id, field_key, title, field_type, shown_on_order_details, created, modified`.
fn read_field(row: &Row) -> Result<ExtraField, StoreError> {
    let id: i64 = row.try_get("extra_field_id").unwrap_or_default();
    let place = Place { row, table: "customer_extra_fields", key: format!("extra field {id}") };
    Ok(ExtraField {
        id: place.read("extra_field_id", ExtraFieldId::new)?,
        key: place.read("field_key", |text: &str| ExtraFieldKey::new(text))?,
        title: place.read("title", |text: &str| ExtraFieldTitle::new(text))?,
        field_type: place.read("field_type", |code: i16| {
            u8::try_from(code)
                .ok()
                .and_then(ExtraFieldType::from_code)
                .ok_or_else(|| format!("no type {code}"))
        })?,
        shown_on_order_details: place.get("shown_on_order_details")?,
        created: place.read("created", Timestamp::from_unix_seconds)?,
        modified: place.read("modified", Timestamp::from_unix_seconds)?,
    })
}

impl<A: Access> ReadExtraFields for PostgresTx<'_, A> {
    async fn find_extra_field(&mut self, key: ExtraFieldKey) -> Result<Option<ExtraField>, StoreError> {
        let row = self
            .find(
                "find an extra field",
                "SELECT extra_field_id, field_key, title, field_type, shown_on_order_details, created, modified
                   FROM customer_extra_fields
                  WHERE store_id = $1 AND field_key = $2",
                parameters_of![self.store.get(), key.as_str()],
            )
            .await?;
        row.as_ref().map(read_field).transpose()
    }

    async fn list_extra_fields(&mut self) -> Result<Vec<ExtraField>, StoreError> {
        let lock = self.access.lock(self.store, lock_for("extra fields", self.store, ""));
        let list = Step::Run {
            what: "list the extra fields",
            sql: "SELECT extra_field_id, field_key, title, field_type, shown_on_order_details, created, modified
                    FROM customer_extra_fields
                   WHERE store_id = $1
                   ORDER BY extra_field_id",
            parameters: parameters_of![self.store.get()],
            touches: None,
        };
        let [_, found] = self.run([lock, Some(list)]).await?;
        found.rows.iter().map(read_field).collect()
    }
}

impl WriteExtraFields for PostgresWriteTx<'_> {
    async fn next_extra_field_id(&mut self) -> Result<ExtraFieldId, StoreError> {
        let taken = self.take_id(Kind::ExtraField).await?;
        ExtraFieldId::new(taken).map_err(|_| StoreError::OutOfIds { kind: "extra field" })
    }

    async fn add_extra_field(&mut self, field: &ExtraField) -> Result<(), StoreError> {
        self.raise_extra_field(field.id);
        self.write(
            "add an extra field",
            "INSERT INTO customer_extra_fields (store_id, extra_field_id, field_key, title, title_key, field_type,
                                                shown_on_order_details, created, modified)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            parameters_of![
                self.store.get(),
                field.id.get(),
                field.key.as_str(),
                field.title.as_str(),
                field.title.key(),
                i16::from(field.field_type.code()),
                field.shown_on_order_details,
                field.created.unix_seconds(),
                field.modified.unix_seconds(),
            ],
        );
        Ok(())
    }

    async fn change_extra_field(&mut self, field: &ExtraField) -> Result<(), StoreError> {
        self.write_one(
            "change an extra field",
            "UPDATE customer_extra_fields
                SET title = $3, title_key = $4, field_type = $5, shown_on_order_details = $6, modified = $7
              WHERE store_id = $1 AND extra_field_id = $2",
            parameters_of![
                self.store.get(),
                field.id.get(),
                field.title.as_str(),
                field.title.key(),
                i16::from(field.field_type.code()),
                field.shown_on_order_details,
                field.modified.unix_seconds(),
            ],
        );
        Ok(())
    }

    async fn remove_extra_field(&mut self, id: ExtraFieldId) -> Result<bool, StoreError> {
        let lock = self.access.lock(self.store, lock_for("extra fields", self.store, ""));
        let values = Step::Run {
            what: "remove the values of an extra field",
            sql: "DELETE FROM customer_extra_field_values WHERE store_id = $1 AND extra_field_id = $2",
            parameters: parameters_of![self.store.get(), id.get()],
            touches: None,
        };
        let field = Step::Run {
            what: "remove an extra field",
            sql: "DELETE FROM customer_extra_fields WHERE store_id = $1 AND extra_field_id = $2",
            parameters: parameters_of![self.store.get(), id.get()],
            touches: None,
        };
        let [_, _, removed] = self.run([lock, Some(values), Some(field)]).await?;
        Ok(removed.touched == 1)
    }
}

impl PostgresWriteTx<'_> {
    /// Removes extra fields and adds others as they are, for a copy; what is in the way of those goes too.
    pub(crate) async fn replace_extra_fields(
        &mut self,
        remove: &[ExtraFieldId],
        add: &[ExtraField],
    ) -> Result<(), StoreError> {
        self.lock_store().await?;
        let gone: Vec<i64> =
            remove.iter().map(|id| id.get()).chain(add.iter().map(|field| field.id.get())).collect();
        let keys: Vec<String> = add.iter().map(|field| field.key.to_string()).collect();
        let titles: Vec<String> = add.iter().map(|field| field.title.key()).collect();
        let rows = self
            .list(
                "find extra fields in the way of a copy",
                "SELECT extra_field_id
                   FROM customer_extra_fields
                  WHERE store_id = $1
                    AND (extra_field_id = ANY ($2) OR field_key = ANY ($3) OR title_key = ANY ($4))",
                parameters_of![self.store.get(), gone, keys, titles],
            )
            .await?;
        let gone: Vec<i64> = rows.iter().filter_map(|row| row.try_get(0).ok()).collect();
        self.write(
            "remove the values of extra fields in the way of a copy",
            "DELETE FROM customer_extra_field_values WHERE store_id = $1 AND extra_field_id = ANY ($2)",
            parameters_of![self.store.get(), gone.clone()],
        );
        self.write(
            "remove extra fields in the way of a copy",
            "DELETE FROM customer_extra_fields WHERE store_id = $1 AND extra_field_id = ANY ($2)",
            parameters_of![self.store.get(), gone],
        );
        for field in add {
            self.add_extra_field(field).await?;
        }
        Ok(())
    }
}
