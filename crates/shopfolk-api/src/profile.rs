//! `/profile`: what the store is. Clients call it first to test their token.

use axum::response::Response;
use serde::Serialize;
use shopfolk_model::Store;
use shopfolk_operations::GetStore;
use shopfolk_store::Engine;
use utoipa::ToSchema;

use crate::answer;
use crate::caller::{AnyToken, Caller};
use crate::error::{ApiError, ErrorCode};
use crate::query::Fields;

/// The one language there is so far.
const LANGUAGE: &str = "en";

/// The profile of a store.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Profile)]
#[schema(example = json!({
    "generalInfo": {"storeId": 1003, "storeUrl": ""},
    "account": {"accountName": "Demo store", "accountEmail": ""},
    "settings": {"storeName": "Demo store"},
    "languages": {"enabledLanguages": ["en"], "defaultLanguage": "en"},
    "formatsAndUnits": {"timezone": "UTC"}
}))]
pub(crate) struct ProfileOut<'a> {
    general_info: GeneralInfoOut,
    account: AccountOut<'a>,
    settings: SettingsOut<'a>,
    languages: LanguagesOut,
    formats_and_units: FormatsAndUnitsOut,
}

/// Which store it is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = GeneralInfo)]
pub(crate) struct GeneralInfoOut {
    /// The id.
    store_id: i64,
    /// The address of its shop; empty, because Shopfolk keeps none.
    store_url: &'static str,
}

/// Whose store it is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Account)]
pub(crate) struct AccountOut<'a> {
    /// The name of the store.
    account_name: &'a str,
    /// Empty, because Shopfolk keeps none.
    account_email: &'static str,
}

/// How it is set up.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = StoreSettings)]
pub(crate) struct SettingsOut<'a> {
    /// The name of the store.
    store_name: &'a str,
}

/// What it speaks.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Languages)]
pub(crate) struct LanguagesOut {
    /// All languages.
    enabled_languages: [&'static str; 1],
    /// The first of them.
    default_language: &'static str,
}

/// How it writes things.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FormatsAndUnits)]
pub(crate) struct FormatsAndUnitsOut {
    /// The time zone.
    timezone: &'static str,
}

impl<'a> From<&'a Store> for ProfileOut<'a> {
    fn from(store: &'a Store) -> Self {
        let name = store.name.as_str();
        Self {
            general_info: GeneralInfoOut { store_id: store.id.get(), store_url: "" },
            account: AccountOut { account_name: name, account_email: "" },
            settings: SettingsOut { store_name: name },
            languages: LanguagesOut { enabled_languages: [LANGUAGE], default_language: LANGUAGE },
            formats_and_units: FormatsAndUnitsOut { timezone: "UTC" },
        }
    }
}

/// Get the store's profile
///
/// Any token of the store opens it, a public one too.
#[utoipa::path(
    get, path = "/api/v3/{storeId}/profile", tag = "Store",
    responses((status = 200, description = "The profile", body = ProfileOut)),
    security(("token" = [])),
)]
pub(crate) async fn get_profile<E: Engine>(
    caller: Caller<E, AnyToken>,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let store = caller.read(GetStore).await?;
    let store = store.ok_or_else(|| ApiError::new(ErrorCode::StoreNotFound, "Store not found"))?;
    answer::selected(&ProfileOut::from(&store), &fields)
}
