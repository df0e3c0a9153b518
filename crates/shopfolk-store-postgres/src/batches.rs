//! Which stores have what is looked for.

use shopfolk_model::StoreId;
use shopfolk_store::StoresWith;

use crate::failure::Failure;
use crate::parameter::parameters_of;
use crate::session::{Session, Step};

/// The first store behind another one, by id, that has what is looked for.
pub(crate) async fn next_store_with(
    session: &Session,
    what: StoresWith,
    after: Option<StoreId>,
) -> Result<Option<StoreId>, Failure> {
    let sql = match what {
        StoresWith::UnfinishedBatches => "SELECT min(store_id) FROM unfinished_batches WHERE store_id > $1",
        StoresWith::Batches => "SELECT min(store_id) FROM batches WHERE store_id > $1",
        StoresWith::OldTextKeys => "SELECT min(store_id) FROM stores_with_old_keys WHERE store_id > $1",
    };
    let after = after.map_or(i64::MIN, StoreId::get);
    let step = Step::Run { what: "look for stores", sql, parameters: parameters_of![after], touches: None };
    let answers = session.send(&[step]).await.map_err(|(_, error)| Failure::of("look for stores", error))?;
    let row = answers.first().and_then(|answer| answer.rows.first());
    let store: Option<i64> = row.and_then(|row| row.get(0));
    Ok(store.and_then(|store| StoreId::new(store).ok()))
}
