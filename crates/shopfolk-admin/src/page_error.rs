//! Why there is no page.

use axum::http::Uri;
use shopfolk_api::ApiError;
use shopfolk_operations::OperationError;
use shopfolk_store::StoreError;

/// Why there is no page.
pub(crate) enum PageError {
    /// There is nothing at the path, or nothing of this store.
    NotFound,
    /// The form was not made for this visitor.
    NotOurForm,
    /// The demo store is for browsers on this machine alone.
    NotOnThisMachine,
    /// Nobody is signed in; afterwards this path is gone to.
    SignIn {
        /// The path, if it can be gone to.
        next: String,
    },
    /// A call refused or failed.
    Api(ApiError),
}

impl PageError {
    /// Nobody is signed in who may see this.
    pub(crate) fn sign_in(uri: &Uri) -> Self {
        Self::SignIn { next: uri.path_and_query().map(ToString::to_string).unwrap_or_default() }
    }
}

impl From<ApiError> for PageError {
    fn from(error: ApiError) -> Self {
        Self::Api(error)
    }
}

impl From<OperationError> for PageError {
    fn from(error: OperationError) -> Self {
        Self::Api(error.into())
    }
}

impl From<StoreError> for PageError {
    fn from(error: StoreError) -> Self {
        Self::Api(error.into())
    }
}
