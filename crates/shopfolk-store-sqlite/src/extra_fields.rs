//! The definitions of customers' extra fields.

use rusqlite::{Row, params};
use shopfolk_model::{
    ExtraField, ExtraFieldId, ExtraFieldKey, ExtraFieldTitle, ExtraFieldType, StoreId, Timestamp,
};
use shopfolk_store::{ReadExtraFields, StoreError, WriteExtraFields};

use crate::row::Place;
use crate::tx::{Access, SqliteTx, SqliteWriteTx};

/// `extra_field_id, field_key, title, field_type, shown_on_order_details, created, modified`, in this order.
struct ExtraFieldRow {
    id: i64,
    key: String,
    title: String,
    field_type: u8,
    shown_on_order_details: bool,
    created: i64,
    modified: i64,
}

impl ExtraFieldRow {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            key: row.get(1)?,
            title: row.get(2)?,
            field_type: row.get(3)?,
            shown_on_order_details: row.get(4)?,
            created: row.get(5)?,
            modified: row.get(6)?,
        })
    }

    fn field(self, store: StoreId) -> Result<ExtraField, StoreError> {
        let row = format!("store {store}, extra field {}", self.id);
        let place = Place { table: "customer_extra_fields", row };
        let field_type = ExtraFieldType::from_code(self.field_type);
        let field_type = field_type.ok_or_else(|| format!("no type {}", self.field_type));
        Ok(ExtraField {
            id: place.value("extra_field_id", ExtraFieldId::new(self.id))?,
            key: place.value("field_key", ExtraFieldKey::new(&self.key))?,
            title: place.value("title", ExtraFieldTitle::new(&self.title))?,
            field_type: place.value("field_type", field_type)?,
            shown_on_order_details: self.shown_on_order_details,
            created: place.value("created", Timestamp::from_unix_seconds(self.created))?,
            modified: place.value("modified", Timestamp::from_unix_seconds(self.modified))?,
        })
    }
}

impl<A: Access> ReadExtraFields for SqliteTx<'_, A> {
    async fn find_extra_field(&mut self, key: ExtraFieldKey) -> Result<Option<ExtraField>, StoreError> {
        self.find(
            "find an extra field",
            "SELECT extra_field_id, field_key, title, field_type, shown_on_order_details, created, modified
               FROM customer_extra_fields
              WHERE store_id = ?1 AND field_key = ?2",
            (self.store.get(), key.as_str()),
            ExtraFieldRow::read,
        )?
        .map(|row| row.field(self.store))
        .transpose()
    }

    async fn list_extra_fields(&mut self) -> Result<Vec<ExtraField>, StoreError> {
        let rows = self.list(
            "list the extra fields",
            "SELECT extra_field_id, field_key, title, field_type, shown_on_order_details, created, modified
               FROM customer_extra_fields
              WHERE store_id = ?1
              ORDER BY extra_field_id",
            [self.store.get()],
            ExtraFieldRow::read,
        )?;
        rows.into_iter().map(|row| row.field(self.store)).collect()
    }
}

impl WriteExtraFields for SqliteWriteTx<'_> {
    async fn next_extra_field_id(&mut self) -> Result<ExtraFieldId, StoreError> {
        self.counters()?.next_extra_field()
    }

    async fn add_extra_field(&mut self, field: &ExtraField) -> Result<(), StoreError> {
        self.change(
            "add an extra field",
            "INSERT INTO customer_extra_fields (store_id, extra_field_id, field_key, title, title_key, field_type,
                                                shown_on_order_details, created, modified)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                self.store.get(),
                field.id.get(),
                field.key.as_str(),
                field.title.as_str(),
                field.title.key(),
                field.field_type.code(),
                field.shown_on_order_details,
                field.created.unix_seconds(),
                field.modified.unix_seconds(),
            ],
        )?;
        self.counters()?.raise_extra_field(field.id)
    }

    async fn change_extra_field(&mut self, field: &ExtraField) -> Result<(), StoreError> {
        self.change(
            "change an extra field",
            "UPDATE customer_extra_fields
                SET title = ?3, title_key = ?4, field_type = ?5, shown_on_order_details = ?6, modified = ?7
              WHERE store_id = ?1 AND extra_field_id = ?2",
            params![
                self.store.get(),
                field.id.get(),
                field.title.as_str(),
                field.title.key(),
                field.field_type.code(),
                field.shown_on_order_details,
                field.modified.unix_seconds(),
            ],
        )?;
        Ok(())
    }

    async fn remove_extra_field(&mut self, id: ExtraFieldId) -> Result<bool, StoreError> {
        self.change(
            "remove the values of an extra field",
            "DELETE FROM customer_extra_field_values WHERE store_id = ?1 AND extra_field_id = ?2",
            (self.store.get(), id.get()),
        )?;
        let removed = self.change(
            "remove an extra field",
            "DELETE FROM customer_extra_fields WHERE store_id = ?1 AND extra_field_id = ?2",
            (self.store.get(), id.get()),
        )?;
        Ok(removed == 1)
    }
}

impl SqliteWriteTx<'_> {
    /// Removes extra fields and adds others as they are, for a copy.
    pub(crate) async fn replace_extra_fields(
        &mut self,
        remove: &[ExtraFieldId],
        add: &[ExtraField],
    ) -> Result<(), StoreError> {
        for &id in remove {
            self.remove_extra_field(id).await?;
        }
        // First they are all taken away, because two of them may have changed their titles with each other.
        for field in add {
            self.remove_extra_field(field.id).await?;
        }
        for field in add {
            let in_the_way: Vec<i64> = self.list(
                "find extra fields in the way of a copy",
                "SELECT extra_field_id FROM customer_extra_fields WHERE store_id = ?1 AND field_key = ?2
                  UNION ALL
                 SELECT extra_field_id FROM customer_extra_fields WHERE store_id = ?1 AND title_key = ?3",
                params![self.store.get(), field.key.as_str(), field.title.key()],
                |row| row.get(0),
            )?;
            for id in in_the_way.into_iter().flat_map(ExtraFieldId::new) {
                self.remove_extra_field(id).await?;
            }
            self.add_extra_field(field).await?;
        }
        Ok(())
    }
}
