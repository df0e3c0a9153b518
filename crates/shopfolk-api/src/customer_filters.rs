//! What there is to filter customers by: `/customers/filters` and `/customers/locations`.

use std::collections::BTreeSet;

use axum::response::Response;
use shopfolk_model::{
    City, CountryCode, CustomerGroup, GroupId, GroupName, OrderingCustomers, SearchText, ShippingPlace,
    Street,
};
use shopfolk_operations::{CustomerFilters, ListCustomerCountries, ListCustomerFilters};
use shopfolk_store::Engine;

use crate::answer;
use crate::caller::{Caller, ReadCustomers};
use crate::error::ApiError;
use crate::from_uri::from_uri;
use crate::page::Items;
use crate::query::{Fields, Query, query_parameters};
use crate::wire::{Answer, wire_object};

type CustomerFiltersOut<'a> = Answer<'a, CustomerFilters>;
type LocationsOut<'a> = Answer<'a, Locations>;

wire_object! {
    /// What there is to filter the customers of a store by.
    "CustomerFilters": CustomerFilters
        = CustomerFilters { total, groups, places, languages, ordering: OrderingCustomers { repeated, one_time }, damaged: _ } => {
        /// How many customers there are.
        "total": Shown u64 = total;
        /// How many made more than one order.
        "repeatedCustomersCount": Shown u64 = repeated;
        /// How many made one order.
        "oneTimeCustomersCount": Shown u64 = one_time;
        /// The customer groups, the built-in one first.
        "storeGroups": Shown Items<'_, StoreGroup<'_>> = &Items(&groups.iter().map(StoreGroup).collect::<Vec<_>>());
        /// Places to which goods are sent, up to 1,000.
        "shippingAddresses": Shown Items<'_, ShippingPlace> = &Items(places);
        /// The languages of customers.
        "languages": Shown BTreeSet<String> = languages;
    }
}

/// A customer group, shown without its external reference.
struct StoreGroup<'a>(&'a CustomerGroup);

wire_object! {
    /// A customer group.
    "StoreGroup": StoreGroup<'_> = StoreGroup(group) => {
        "id": Shown GroupId = &group.id;
        "name": Shown GroupName = &group.name;
    }
}

wire_object! {
    /// A place to which goods are sent.
    "ShippingPlace": ShippingPlace = ShippingPlace { street, city, country } => {
        "street": ShownIfAny Street = street;
        "city": ShownIfAny City = city;
        "countryCode": ShownIfAny CountryCode = country;
        "countryName": ShownIfAny &str = &country.map(CountryCode::name);
    }
}

/// Countries of customers.
struct Locations(Vec<CountryCode>);

wire_object! {
    /// Countries of customers.
    "CustomerLocations": Locations = Locations(countries) => {
        /// The countries, by name.
        "items": Shown Items<'_, CountryCode> = &Items(countries);
    }
}

wire_object! {
    /// A country.
    "CustomerLocation": CountryCode = country => {
        "country": Shown &str {example: "Norway"} = &country.name();
        "countryCode": Shown &str {example: "NO"} = &country.as_str();
    }
}

/// Get the filters of customers
///
/// What there is to filter the customers of the store by.
#[utoipa::path(
    get, path = "/api/v3/{storeId}/customers/filters", tag = "Customers",
    responses((status = 200, description = "The filters", body = CustomerFiltersOut)),
    security(("token" = ["read_customers"])),
)]
pub(crate) async fn get_customer_filters<E: Engine>(
    caller: Caller<E, ReadCustomers>,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let filters = caller.read(ListCustomerFilters).await?;
    let damaged = filters.damaged;
    caller.answer(filters, damaged, fields, |filters, writer| writer.write(&Answer(filters))).await
}

query_parameters! {
    CountryParameters:
    /// Part of the name of the country, in any case
    NAME "name": String, "nor";
}

/// A text that is part of the names of the countries that are wanted.
pub(crate) struct CountrySearch(Option<SearchText>);

from_uri! {
    CountrySearch = |uri| Query::of(uri).search_text(CountryParameters::NAME).map(Self);
}

/// Get the countries of customers
///
/// The countries of customers' addresses whose name contains a text.
#[utoipa::path(
    get, path = "/api/v3/{storeId}/customers/locations", tag = "Customers",
    params(CountryParameters),
    responses((status = 200, description = "The countries", body = LocationsOut)),
    security(("token" = ["read_customers"])),
)]
pub(crate) async fn list_customer_locations<E: Engine>(
    caller: Caller<E, ReadCustomers>,
    CountrySearch(name): CountrySearch,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let countries = caller.read(ListCustomerCountries { name }).await?;
    answer::selected(&Answer(&Locations(countries)), &fields)
}
