//! Every page, and what answers it.

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use shopfolk_api::ApiError;
use shopfolk_api::owners::{Owners, Pages};
use shopfolk_model::StoreId;
use shopfolk_store::Engine;

use crate::admin::{Admin, Demo};
use crate::page_error::PageError;
use crate::paths::{
    Apps, Contact, ContactDeletion, ContactOrder, Contacts, Customer, CustomerDeletion, Customers,
    ExtraFields, Group, GroupDeletion, Groups, Home, ManyChange, ManyPlan, NOWHERE, NewCustomer, Orders,
    Script, SignIn, SignOut, Style, TEMPLATES,
};
use crate::{
    apps, assets, contacts, customer, customer_list, extra_fields, groups, home, many, new_customer, orders,
    sign_in,
};

/// The pages. Of a demo store, everybody on this machine is the owner.
///
/// # Errors
/// When there is no randomness.
pub fn pages<E: Engine>(demo: Option<StoreId>) -> Result<impl FnOnce(Owners<E>) -> Pages, ApiError> {
    let demo = demo.map(Demo::new).transpose()?;
    Ok(move |owners| Pages {
        router: router(Arc::new(Admin { owners, demo })),
        templates: TEMPLATES.to_vec(),
        home: Home::TEMPLATE,
    })
}

/// Answers requests for pages.
fn router<E: Engine>(admin: Arc<Admin<E>>) -> Router {
    Router::new()
        .route(Home::TEMPLATE, get(home::show::<E>))
        .route(Style::TEMPLATE, get(assets::style))
        .route(Script::TEMPLATE, get(assets::script))
        .route(SignIn::TEMPLATE, get(sign_in::show::<E>).post(sign_in::sign_in::<E>))
        .route(SignOut::TEMPLATE, post(sign_in::sign_out::<E>))
        .route(Customers::TEMPLATE, get(customer_list::show::<E>).post(new_customer::create::<E>))
        .route(NewCustomer::TEMPLATE, get(new_customer::show::<E>))
        .route(ManyPlan::TEMPLATE, post(many::plan::<E>))
        .route(ManyChange::TEMPLATE, post(many::change::<E>))
        .route(Customer::TEMPLATE, get(customer::show::<E>).post(customer::save::<E>))
        .route(CustomerDeletion::TEMPLATE, get(customer::ask_deletion::<E>).post(customer::delete::<E>))
        .route(Contacts::TEMPLATE, post(contacts::add::<E>))
        .route(ContactOrder::TEMPLATE, post(contacts::order::<E>))
        .route(Contact::TEMPLATE, post(contacts::save::<E>))
        .route(ContactDeletion::TEMPLATE, post(contacts::delete::<E>))
        .route(Groups::TEMPLATE, get(groups::show::<E>).post(groups::create::<E>))
        .route(Group::TEMPLATE, post(groups::save::<E>))
        .route(GroupDeletion::TEMPLATE, post(groups::delete::<E>))
        .route(ExtraFields::TEMPLATE, get(extra_fields::show::<E>).post(extra_fields::create::<E>))
        .route(Orders::TEMPLATE, get(orders::show::<E>))
        .route(Apps::TEMPLATE, get(apps::show::<E>))
        .route(NOWHERE, get(|| async { PageError::NotFound }))
        .with_state(admin)
}
