//! What answers say of a store's profile.

use std::borrow::Cow;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use shopfolk_model::{ProfileSection, Store};
use utoipa::ToSchema;

use crate::error::ApiError;
use crate::json::{self, JsonValue};

/// The language of a store that says of none.
const LANGUAGE: &str = "en";
/// The time zone of a store that says of none.
const TIME_ZONE: &str = "UTC";

/// The profile of a store. `settings`, `formatsAndUnits` and `company` have besides what else was sent under them.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Profile)]
#[schema(example = json!({
    "generalInfo": {"storeId": 1003, "storeUrl": ""},
    "account": {
        "accountName": "Demo store", "accountEmail": "", "availableFeatures": [],
        "registrationDate": "2025-03-26 11:07:12 +0000"
    },
    "settings": {"storeName": "Demo store"},
    "languages": {"enabledLanguages": ["en"], "defaultLanguage": "en"},
    "formatsAndUnits": {"timezone": "UTC", "currency": "USD"}
}))]
pub(crate) struct ProfileOut<'a> {
    general_info: GeneralInfoOut<'a>,
    account: AccountOut<'a>,
    settings: SettingsOut<'a>,
    languages: LanguagesOut<'a>,
    formats_and_units: FormatsAndUnitsOut<'a>,
    /// What was sent of the company; left out where nothing was.
    #[serde(skip_serializing_if = "Rest::is_empty")]
    #[schema(value_type = Object, required = false)]
    company: Rest<'a>,
}

/// Which store it is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = GeneralInfo)]
pub(crate) struct GeneralInfoOut<'a> {
    /// The id.
    store_id: i64,
    /// The address of its shop; empty where none was sent.
    store_url: Cow<'a, str>,
}

/// Whose store it is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Account)]
pub(crate) struct AccountOut<'a> {
    /// The name of its owner; the name of the store where none was sent.
    account_name: Cow<'a, str>,
    /// The e-mail address of its owner; empty where none was sent.
    account_email: Cow<'a, str>,
    /// Always empty: there is nothing to buy.
    available_features: [&'static str; 0],
    /// When the store was created.
    registration_date: String,
}

/// How it is set up.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = StoreSettings)]
pub(crate) struct SettingsOut<'a> {
    /// The name of the store.
    store_name: &'a str,
    #[serde(flatten)]
    #[schema(ignore)]
    rest: Rest<'a>,
}

/// What it speaks.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Languages)]
pub(crate) struct LanguagesOut<'a> {
    /// All languages.
    #[schema(value_type = Vec<String>)]
    enabled_languages: JsonValue<'a>,
    /// The first of them.
    default_language: Cow<'a, str>,
}

/// How it writes things.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FormatsAndUnits)]
pub(crate) struct FormatsAndUnitsOut<'a> {
    /// The time zone.
    timezone: Cow<'a, str>,
    /// The currency: a code of ISO 4217.
    currency: Cow<'a, str>,
    #[serde(flatten)]
    #[schema(ignore)]
    rest: Rest<'a>,
}

/// What else is kept of a section.
pub(crate) struct Rest<'a>(Vec<(&'a str, &'a RawValue)>);

impl<'a> Rest<'a> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fields of a section but for these.
    fn of(section: Option<&'a ProfileSection>, own: &[&str]) -> Result<Self, ApiError> {
        let others = section.into_iter().flatten().filter(|(name, _)| !own.contains(&name.as_str()));
        let field = |(name, json): (&'a String, &'a String)| {
            Ok((name.as_str(), serde_json::from_str(json).map_err(ApiError::internal)?))
        };
        Ok(Self(others.map(field).collect::<Result<_, ApiError>>()?))
    }
}

impl Serialize for Rest<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

impl<'a> ProfileOut<'a> {
    /// The profile of a store, with what it says of itself by default.
    pub(crate) fn of(store: &'a Store) -> Result<Self, ApiError> {
        let name = store.name.as_str();
        let section = |wanted: &str| {
            store.profile.sections().find(|(section, _)| *section == wanted).map(|(_, fields)| fields)
        };
        let value = |section: &str, field: &str| {
            store.profile.field(section, field).map(|json| json::parse(json.as_bytes())).transpose()
        };
        let text = |section: &str, field: &str, default: &'a str| {
            Ok::<_, ApiError>(match value(section, field)? {
                Some(JsonValue::Text(text)) => text,
                _ => Cow::Borrowed(default),
            })
        };
        let default_language = text("languages", "defaultLanguage", LANGUAGE)?;
        let only = || JsonValue::List(vec![JsonValue::Text(default_language.clone())]);
        Ok(Self {
            general_info: GeneralInfoOut {
                store_id: store.id.get(),
                store_url: text("generalInfo", "storeUrl", "")?,
            },
            account: AccountOut {
                account_name: text("account", "accountName", name)?,
                account_email: text("account", "accountEmail", "")?,
                available_features: [],
                registration_date: store.created.to_string(),
            },
            settings: SettingsOut { store_name: name, rest: Rest::of(section("settings"), &[])? },
            languages: LanguagesOut {
                enabled_languages: value("languages", "enabledLanguages")?.unwrap_or_else(only),
                default_language: default_language.clone(),
            },
            formats_and_units: FormatsAndUnitsOut {
                timezone: text("formatsAndUnits", "timezone", TIME_ZONE)?,
                currency: text("formatsAndUnits", "currency", "USD")?,
                rest: Rest::of(section("formatsAndUnits"), &["timezone", "currency"])?,
            },
            company: Rest::of(section("company"), &[])?,
        })
    }
}
