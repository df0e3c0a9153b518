//! What there is to filter customers by: `/customers/filters` and `/customers/locations`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::Uri;
use axum::response::Response;
use serde::Serialize;
use shopfolk_model::{City, CountryCode, CustomerGroup, SearchText, ShippingPlace, Street};
use shopfolk_operations::{ListCustomerCountries, ListCustomerFilters};
use shopfolk_store::Engine;
use utoipa::ToSchema;

use crate::answer;
use crate::app::App;
use crate::caller::{Caller, ReadCustomers};
use crate::error::ApiError;
use crate::error_answer::CallErrors;
use crate::path::StorePath;
use crate::query::{Fields, Query};

/// What there is to filter the customers of a store by.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CustomerFilters)]
pub(crate) struct CustomerFiltersOut<'a> {
    /// How many customers there are.
    #[schema(minimum = 0)]
    total: u64,
    /// How many made more than one order.
    #[schema(minimum = 0)]
    repeated_customers_count: u64,
    /// How many made one order.
    #[schema(minimum = 0)]
    one_time_customers_count: u64,
    /// The customer groups, the built-in one first.
    store_groups: Vec<StoreGroupOut<'a>>,
    /// Places to which goods are sent, up to 1,000.
    shipping_addresses: Vec<ShippingPlaceOut<'a>>,
    /// The languages of customers.
    languages: Vec<&'a str>,
}

/// A customer group.
#[derive(Serialize, ToSchema)]
#[schema(as = StoreGroup)]
pub(crate) struct StoreGroupOut<'a> {
    #[schema(minimum = 0)]
    id: i64,
    name: &'a str,
}

impl<'a> From<&'a CustomerGroup> for StoreGroupOut<'a> {
    fn from(group: &'a CustomerGroup) -> Self {
        Self { id: group.id.get(), name: group.name.as_str() }
    }
}

/// A place to which goods are sent.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ShippingPlace)]
pub(crate) struct ShippingPlaceOut<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    street: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    city: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    country_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    country_name: Option<&'a str>,
}

impl<'a> From<&'a ShippingPlace> for ShippingPlaceOut<'a> {
    fn from(place: &'a ShippingPlace) -> Self {
        Self {
            street: place.street.as_ref().map(Street::as_str),
            city: place.city.as_ref().map(City::as_str),
            country_code: place.country.as_ref().map(CountryCode::as_str),
            country_name: place.country.map(CountryCode::name),
        }
    }
}

/// Countries of customers.
#[derive(Serialize, ToSchema)]
#[schema(as = CustomerLocations)]
pub(crate) struct LocationsOut<'a> {
    /// The countries, by name.
    items: Vec<LocationOut<'a>>,
}

/// A country.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = CustomerLocation)]
pub(crate) struct LocationOut<'a> {
    #[schema(example = "Norway")]
    country: &'a str,
    #[schema(example = "NO")]
    country_code: &'a str,
}

impl<'a> From<&'a CountryCode> for LocationOut<'a> {
    fn from(country: &'a CountryCode) -> Self {
        Self { country: country.name(), country_code: country.as_str() }
    }
}

/// Get the filters of customers
///
/// What there is to filter the customers of the store by.
#[utoipa::path(
    get,
    path = "/api/v3/{storeId}/customers/filters",
    tag = "Customers",
    params(
        StorePath,
        ("responseFields" = Option<String>, Query, description = "The fields of the answer that are wanted, such as `languages`"),
    ),
    responses((status = 200, description = "The filters", body = CustomerFiltersOut), CallErrors),
    security(("token" = ["read_customers"])),
)]
pub(crate) async fn get_customer_filters<E: Engine>(
    State(app): State<Arc<App<E>>>,
    caller: Caller<ReadCustomers>,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let filters = caller.read(&app, ListCustomerFilters).await?;
    let filters = CustomerFiltersOut {
        total: filters.total,
        repeated_customers_count: filters.ordering.repeated,
        one_time_customers_count: filters.ordering.one_time,
        store_groups: filters.groups.iter().map(StoreGroupOut::from).collect(),
        shipping_addresses: filters.places.iter().map(ShippingPlaceOut::from).collect(),
        languages: filters.languages.iter().map(String::as_str).collect(),
    };
    answer::selected(&filters, &fields)
}

/// Get the countries of customers
///
/// The countries of customers' addresses whose name contains a text.
#[utoipa::path(
    get,
    path = "/api/v3/{storeId}/customers/locations",
    tag = "Customers",
    params(
        StorePath,
        ("name" = Option<String>, Query, description = "Part of the name of the country, in any case", example = "nor"),
        ("responseFields" = Option<String>, Query, description = "The fields of the answer that are wanted, such as `items(country)`"),
    ),
    responses((status = 200, description = "The countries", body = LocationsOut), CallErrors),
    security(("token" = ["read_customers"])),
)]
pub(crate) async fn list_customer_locations<E: Engine>(
    State(app): State<Arc<App<E>>>,
    caller: Caller<ReadCustomers>,
    uri: Uri,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let query = Query::new(uri.query().unwrap_or_default());
    let name = query.parsed("name", SearchText::optional)?.flatten();
    let countries = caller.read(&app, ListCustomerCountries { name }).await?;
    let items = countries.iter().map(LocationOut::from).collect();
    answer::selected(&LocationsOut { items }, &fields)
}
