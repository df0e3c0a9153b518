//! `/customers`: the people of a store.

use axum::response::Response;
use shopfolk_model::{CustomerChange, CustomerId, DeletedCustomer, NewCustomer};
use shopfolk_operations::{
    ChangeCustomer, CreateCustomer, CustomerPortion, CustomerUpdate, CustomerWithContacts, DeleteCustomer,
    FoundCustomers, ListDeletedCustomers, ReadCustomer, SearchCustomerIds, SearchCustomers, Wanted,
};
use shopfolk_store::Engine;

use crate::answer::{AnswerWriter, WriteAnswer};
use crate::body::JsonBody;
use crate::caller::{Caller, CreateCustomers, ReadAndUpdateCustomers, ReadCustomers};
use crate::counts::{DeleteCountOut, IdOut, UpdateCountOut};
use crate::customer::CustomerOut;
use crate::customer_pages::{CustomerIdsOut, CustomerPage, CustomerPageOut, DeletedCustomerPageOut};
use crate::customer_search::{PagedSearch, Search, SearchParameters};
use crate::customer_stream::{CustomerPiece, CustomerStream, Tail};
use crate::error::ApiError;
use crate::id_stream::{IDS_OF_A_PIECE, IdStream};
use crate::page::Page;
use crate::path::CustomerPath;
use crate::query::{Fields, PageParameters, Paging, Period, PeriodParameters};
use crate::response_fields::ResponseFields;
use crate::streamed::Text;
use crate::wire::{Answer, WireObject};

type NewCustomerBody = JsonBody<NewCustomer>;
type CustomerChangeBody = JsonBody<CustomerChange>;

/// Create a customer
///
/// The customer gets an EMAIL contact for its own address, unless one comes with it.
#[utoipa::path(
    post, path = "/api/v3/{storeId}/customers", tag = "Customers",
    request_body = NewCustomerBody,
    responses((
        status = 200, description = "Created", body = IdOut, headers(("Location" = String, description = "The path of the customer"))
    )),
    security(("token" = ["create_customers"])),
)]
pub(crate) async fn create_customer<E: Engine>(
    caller: Caller<E, CreateCustomers>,
    JsonBody(customer, _held): NewCustomerBody,
) -> Result<Response, ApiError> {
    let store = caller.store();
    let answer = move |id: &CustomerId| {
        WriteAnswer::created(&IdOut { id: id.get() }, store, format_args!("customers/{id}"))
    };
    caller.write(CreateCustomer { customer, now: caller.now() }, answer).await
}

/// Search customers
///
/// The customers that all filters find, in pages. Nothing is loaded that `responseFields` leaves out.
#[utoipa::path(
    get, path = "/api/v3/{storeId}/customers", tag = "Customers",
    params(PageParameters, SearchParameters),
    responses((status = 200, description = "A part of the customers", body = CustomerPageOut)),
    security(("token" = ["read_customers"])),
)]
pub(crate) async fn list_customers<E: Engine>(
    caller: Caller<E, ReadCustomers>,
    PagedSearch { search, sort, page }: PagedSearch,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let wanted = if fields.wants(&["items", "contacts"]) {
        Wanted::CustomersWithContacts
    } else if fields.wants(&["items"]) {
        Wanted::Customers
    } else {
        Wanted::Count
    };
    let asked = page.clone();
    let FoundCustomers { total, all, count, first, damaged, next } =
        caller.read(SearchCustomers { search, sort, page, wanted }).await?;
    let damaged = damaged + first.damaged;
    if !first.goes_on() {
        let count = if wanted == Wanted::Count { count } else { first.items.len() };
        let write = move |items: &Vec<CustomerWithContacts>, writer: &AnswerWriter<'_>| {
            let page = Page { count, ..Page::new(&asked, total, items, next.as_ref(), sort) };
            writer.write(&Answer(&CustomerPage { page, all }))
        };
        return caller.answer(first.items, damaged, fields, write).await;
    }
    let mut head = Text::default();
    let page = Page { count, ..Page::new(&asked, total, &[], next.as_ref(), sort) };
    head.add_open(&Answer(&CustomerPage { page, all }), &fields.without("count", CustomerPage::FIELDS))?;
    let tail = if fields.wants(&["count"]) { Tail::ListAndCount } else { Tail::List };
    let wanted = fields.within("items").cloned().unwrap_or_default();
    let ready = CustomerPiece::Customers(CustomerPortion { damaged, ..first });
    caller.stream(CustomerStream::of_customers(caller.again(), head, ready, wanted, tail)).await
}

/// Search the ids of customers
///
/// The ids of all customers that all filters find, in one list.
#[utoipa::path(
    get, path = "/api/v3/{storeId}/customers_ids", tag = "Customers",
    params(SearchParameters),
    responses((status = 200, description = "The ids", body = CustomerIdsOut)),
    security(("token" = ["read_customers"])),
)]
pub(crate) async fn list_customer_ids<E: Engine>(
    caller: Caller<E, ReadCustomers>,
    Search { search, sort }: Search,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let ids = caller.read(SearchCustomerIds { search, sort }).await?;
    if ids.len() > IDS_OF_A_PIECE && fields.within("ids").is_some_and(ResponseFields::is_everything) {
        return caller.stream(IdStream::of(ids)).await;
    }
    let ids = CustomerIdsOut { ids: ids.into_iter().map(CustomerId::get).collect() };
    caller.answer(ids, 0, fields, |ids, writer| writer.write(ids)).await
}

/// Get a customer
///
/// One customer with all contacts.
#[utoipa::path(
    get, path = "/api/v3/{storeId}/customers/{customerId}", tag = "Customers",
    responses((status = 200, description = "The customer", body = CustomerOut)),
    security(("token" = ["read_customers"])),
)]
pub(crate) async fn get_customer<E: Engine>(
    caller: Caller<E, ReadCustomers>,
    CustomerPath(customer): CustomerPath,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let contacts = fields.wants(&["contacts"]);
    let (found, more) = caller.read(ReadCustomer { customer, contacts }).await?;
    let damaged = found.damaged_contacts;
    let Some(more) = more else {
        return caller
            .answer(found, damaged, fields, |customer, writer| writer.write(&Answer(customer)))
            .await;
    };
    let ready = CustomerPiece::Customers(CustomerPortion {
        items: vec![found],
        damaged,
        more_contacts: Some((customer, more)),
        rest: Vec::new(),
    });
    let head = Text::default();
    let stream = CustomerStream::of_customers(caller.again(), head, ready, fields, Tail::Nothing);
    caller.stream(stream).await
}

/// Update a customer
///
/// Changes what the body names; lists of addresses and contacts take the place of those that are there. All of it
/// happens, or nothing.
#[utoipa::path(
    put, path = "/api/v3/{storeId}/customers/{customerId}", tag = "Customers",
    request_body = CustomerChangeBody,
    responses((status = 200, description = "Updated", body = UpdateCountOut)),
    security(("token" = ["read_customers", "update_customers"])),
)]
pub(crate) async fn update_customer<E: Engine>(
    caller: Caller<E, ReadAndUpdateCustomers>,
    CustomerPath(customer): CustomerPath,
    JsonBody(change, _held): CustomerChangeBody,
) -> Result<Response, ApiError> {
    let answer = |update: &CustomerUpdate| {
        WriteAnswer::of(&UpdateCountOut { update_count: u32::from(*update == CustomerUpdate::Updated) })
    };
    caller.write(ChangeCustomer { customer, change, now: caller.now() }, answer).await
}

/// List deleted customers
///
/// The customers that were deleted in the last six months, by the time at which they were, in pages.
#[utoipa::path(
    get, path = "/api/v3/{storeId}/customers/deleted", tag = "Customers",
    params(PeriodParameters, PageParameters),
    responses((status = 200, description = "A part of the deleted customers", body = DeletedCustomerPageOut)),
    security(("token" = ["read_customers"])),
)]
pub(crate) async fn list_deleted_customers<E: Engine>(
    caller: Caller<E, ReadCustomers>,
    Paging(page): Paging<DeletedCustomer>,
    Period { from, to }: Period,
    Fields(fields): Fields,
) -> Result<Response, ApiError> {
    let list = ListDeletedCustomers { from, to, page, now: caller.now() };
    let deleted = caller.read(list).await?;
    let damaged = deleted.damaged;
    caller
        .answer(deleted, damaged, fields, move |deleted, writer| {
            writer.write(&Answer(&Page::of(deleted, &page)))
        })
        .await
}

/// Delete a customer
///
/// Removes a customer and all contacts.
#[utoipa::path(
    delete, path = "/api/v3/{storeId}/customers/{customerId}", tag = "Customers",
    responses((status = 200, description = "Deleted", body = DeleteCountOut)),
    security(("token" = ["read_customers", "update_customers"])),
)]
pub(crate) async fn delete_customer<E: Engine>(
    caller: Caller<E, ReadAndUpdateCustomers>,
    CustomerPath(customer): CustomerPath,
) -> Result<Response, ApiError> {
    let delete = DeleteCustomer { customer, now: caller.now() };
    caller.write(delete, |()| WriteAnswer::of(&DeleteCountOut { delete_count: 1 })).await
}
