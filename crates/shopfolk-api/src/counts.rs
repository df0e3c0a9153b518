//! Answers of one number.

use serde::Serialize;
use utoipa::ToSchema;

/// How many entries were changed.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = UpdateCount)]
pub(crate) struct UpdateCountOut {
    /// 1, or 0 when the request changed nothing; of batches, how many were cancelled.
    #[schema(minimum = 0, example = 1)]
    pub(crate) update_count: u32,
}

/// How many entries were deleted.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeleteCount)]
pub(crate) struct DeleteCountOut {
    /// 1; of a batch 0, where it is not there.
    #[schema(minimum = 0, example = 1)]
    pub(crate) delete_count: u8,
}

/// The id of what was created.
#[derive(Serialize, ToSchema)]
#[schema(as = Id)]
pub(crate) struct IdOut {
    /// The id, unique in the store.
    #[schema(minimum = 0, example = 177_737_165)]
    pub(crate) id: i64,
}
