//! A customer: everything that is known, and what can be done.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;
use shopfolk_model::{Contact, ContactBook, ContactType, CustomerVersion, ExtraField, OrderSearch};
use shopfolk_operations::{
    ChangeCustomer, ChangeSeenCustomer, CustomerWithContacts, DeleteCustomer, ListExtraFields, ReadContacts,
    ReadCustomer, SearchOrders, WantedOfOrders,
};
use shopfolk_store::{Engine, PageRequest};

use crate::contact_form::ContactSaid;
use crate::contact_link::{label, link};
use crate::customer_form::CustomerForm;
use crate::customer_list::{Choice, CustomerLine, group_choices, groups};
use crate::layout::{Layout, Section};
use crate::orders::OrderLine;
use crate::page::{Done, answer, done, problem};
use crate::page_error::PageError;
use crate::paths::{
    Contact as ContactPath, ContactDeletion, ContactOrder, Contacts, Customer as CustomerPath,
    CustomerDeletion, Customers,
};
use crate::visitor::{Asked, Sent, Visitor};

/// How many orders are shown.
const ORDERS: u32 = 20;

/// A contact on the page.
pub(crate) struct ContactLine {
    pub(crate) id: i64,
    pub(crate) path: ContactPath,
    pub(crate) deletion: ContactDeletion,
    pub(crate) label: &'static str,
    pub(crate) text: String,
    pub(crate) link: Option<String>,
    pub(crate) handle: String,
    pub(crate) note: String,
    pub(crate) default: bool,
    pub(crate) types: Vec<Choice>,
    pub(crate) is_first: bool,
    pub(crate) is_last: bool,
}

/// A shipping address on the page.
pub(crate) struct AddressLine {
    pub(crate) name: String,
    pub(crate) place: String,
    pub(crate) phone: String,
    pub(crate) default: bool,
}

/// The page.
#[derive(Template)]
#[template(path = "customer.html")]
pub(crate) struct CustomerPage {
    pub(crate) layout: Layout,
    pub(crate) customers: Customers,
    pub(crate) path: CustomerPath,
    pub(crate) deletion: CustomerDeletion,
    pub(crate) contacts_path: Contacts,
    pub(crate) order_path: ContactOrder,
    pub(crate) line: CustomerLine,
    pub(crate) updated: String,
    pub(crate) last_order: String,
    /// The ids of the contacts as they are shown, with commas between them.
    pub(crate) order: String,
    pub(crate) contacts: Vec<ContactLine>,
    pub(crate) damaged_contacts: u64,
    pub(crate) adding: ContactSaid,
    pub(crate) adding_types: Vec<Choice>,
    pub(crate) form: CustomerForm,
    pub(crate) groups: Vec<Choice>,
    pub(crate) seen: String,
    pub(crate) addresses: Vec<AddressLine>,
    pub(crate) orders: Vec<OrderLine>,
    pub(crate) more_orders: u64,
}

/// The types to choose from.
pub(crate) fn types(chosen: Option<ContactType>) -> Vec<Choice> {
    let choice = |&contact_type: &ContactType| Choice {
        value: contact_type.name().to_owned(),
        label: label(contact_type).to_owned(),
        is_chosen: chosen == Some(contact_type),
    };
    ContactType::ALL.iter().map(choice).collect()
}

fn contact_lines(path: CustomerPath, book: &ContactBook) -> Vec<ContactLine> {
    let contacts = book.contacts();
    let line = |(place, contact): (usize, &std::sync::Arc<Contact>)| ContactLine {
        id: contact.id.get(),
        path: ContactPath { customer: path.customer, contact: contact.id },
        deletion: ContactDeletion { customer: path.customer, contact: contact.id },
        label: label(contact.contact_type()),
        text: contact.address.contact().to_string(),
        link: link(contact),
        handle: contact.handle.as_ref().map(ToString::to_string).unwrap_or_default(),
        note: contact.note.as_ref().map(ToString::to_string).unwrap_or_default(),
        default: contact.default,
        types: types(Some(contact.contact_type())),
        is_first: place == 0,
        is_last: place + 1 == contacts.len(),
    };
    contacts.iter().enumerate().map(line).collect()
}

/// Everything of a customer, however many contacts there are.
async fn read<E: Engine>(
    visitor: &Visitor<E>,
    CustomerPath { customer }: CustomerPath,
) -> Result<CustomerWithContacts, PageError> {
    let (mut whole, mut more) = visitor.read(ReadCustomer { customer, contacts: true }).await?;
    let mut contacts = whole.contacts.contacts().to_vec();
    while more.is_some() {
        let part = visitor.read(ReadContacts { customer, after: more }).await?;
        contacts.extend(part.contacts);
        whole.damaged_contacts += part.damaged;
        more = part.more;
    }
    whole.contacts = ContactBook::whole(contacts);
    Ok(whole)
}

/// What of the page is not as it is kept: what was sent, and what is wrong with it.
#[derive(Default)]
pub(crate) struct Again {
    pub(crate) problem: Option<String>,
    pub(crate) adding: Option<ContactSaid>,
    pub(crate) form: Option<CustomerForm>,
    pub(crate) seen: Option<CustomerVersion>,
}

/// Makes the page.
pub(crate) async fn page<E: Engine>(
    visitor: &Visitor<E>,
    path: CustomerPath,
    layout: impl FnOnce(Layout) -> Layout,
    again: Again,
    status: StatusCode,
) -> Result<Response, PageError> {
    let whole = read(visitor, path).await?;
    let search = OrderSearch { customer: Some(path.customer), ..OrderSearch::default() };
    let orders = SearchOrders { search, page: PageRequest::at(0, ORDERS), wanted: WantedOfOrders::Short };
    let orders = visitor.read(orders).await?;
    let fields = visitor.read(ListExtraFields).await?.items;
    let line = CustomerLine::of(&whole);
    let customer = &whole.customer;
    let form = again.form.unwrap_or_else(|| CustomerForm::of(customer, &fields));
    let ids: Vec<_> = whole.contacts.contacts().iter().map(|contact| contact.id.to_string()).collect();
    let adding = again.adding.unwrap_or_default();
    let shown = OrderLine::all(&orders.first.items);
    let page = CustomerPage {
        layout: layout(Layout::new(visitor, Section::Customers, line.name.clone()))
            .with_problem(again.problem),
        customers: Customers {},
        path,
        deletion: CustomerDeletion { customer: path.customer },
        contacts_path: Contacts { customer: path.customer },
        order_path: ContactOrder { customer: path.customer },
        updated: customer.updated.day().to_string(),
        last_order: customer.orders.last.map(|last| last.day().to_string()).unwrap_or_default(),
        order: ids.join(","),
        contacts: contact_lines(path, &whole.contacts),
        damaged_contacts: whole.damaged_contacts,
        adding_types: types(adding.contact_type.parse().ok()),
        adding,
        groups: group_choices(&groups(visitor).await?, form.group.parse().ok()),
        form,
        seen: again.seen.unwrap_or_else(|| customer.version()).as_str().to_owned(),
        addresses: customer
            .addresses
            .addresses()
            .iter()
            .map(|address| AddressLine {
                name: address.name.as_ref().map(ToString::to_string).unwrap_or_default(),
                place: address.whereabouts.formatted(),
                phone: address.whereabouts.phone.as_ref().map(ToString::to_string).unwrap_or_default(),
                default: address.default,
            })
            .collect(),
        more_orders: orders.total.saturating_sub(shown.len() as u64),
        orders: shown,
        line,
    };
    answer(status, &page)
}

/// Shows a customer.
pub(crate) async fn show<E: Engine>(
    visitor: Visitor<E>,
    path: CustomerPath,
    Asked(asked): Asked,
) -> Result<Response, PageError> {
    page(&visitor, path, |layout| layout.after(&asked), Again::default(), StatusCode::OK).await
}

/// A field in which what was sent and what is there are not the same.
pub(crate) struct Difference {
    pub(crate) field: String,
    pub(crate) theirs: String,
    pub(crate) yours: String,
    pub(crate) differs: bool,
}

/// Shows a change that somebody else's came before: both, side by side.
#[derive(Template)]
#[template(path = "conflict.html")]
pub(crate) struct ConflictPage {
    pub(crate) layout: Layout,
    pub(crate) path: CustomerPath,
    pub(crate) seen: String,
    pub(crate) form: CustomerForm,
    pub(crate) differences: Vec<Difference>,
}

/// Saves what is known of a customer, unless somebody else did since the form was drawn.
pub(crate) async fn save<E: Engine>(
    path: CustomerPath,
    Sent { visitor, form: said }: Sent<E>,
) -> Result<Response, PageError> {
    let fields = visitor.read(ListExtraFields).await?.items;
    let form = CustomerForm::sent(&said, &fields);
    let seen = CustomerVersion::from_text(said.get("seen").unwrap_or_default());
    let saved = match problem(form.change(&fields))? {
        Ok(change) => {
            let change = ChangeCustomer { customer: path.customer, change, now: visitor.now() };
            problem(visitor.write(ChangeSeenCustomer { seen: seen.clone(), change }).await)?
        }
        Err(wrong) => Err(wrong),
    };
    match saved {
        Ok(Some(_)) => done(path, Done::CustomerSaved),
        Ok(None) => conflict(&visitor, path, form, &fields).await,
        Err(wrong) => {
            let again =
                Again { problem: Some(wrong), form: Some(form), seen: Some(seen), ..Again::default() };
            page(&visitor, path, |layout| layout, again, StatusCode::BAD_REQUEST).await
        }
    }
}

/// Shows what was sent beside what somebody else made of the customer.
async fn conflict<E: Engine>(
    visitor: &Visitor<E>,
    path: CustomerPath,
    form: CustomerForm,
    fields: &[ExtraField],
) -> Result<Response, PageError> {
    let (whole, _) = visitor.read(ReadCustomer { customer: path.customer, contacts: false }).await?;
    let theirs = CustomerForm::of(&whole.customer, fields);
    let title = "Somebody else changed this customer";
    let page = ConflictPage {
        layout: Layout::new(visitor, Section::Customers, title),
        path,
        seen: whole.customer.version().as_str().to_owned(),
        differences: differences(&theirs, &form, &group_name(visitor).await?),
        form,
    };
    answer(StatusCode::CONFLICT, &page)
}

/// What a group of this id is called.
async fn group_name<E: Engine>(visitor: &Visitor<E>) -> Result<impl Fn(&str) -> String, PageError> {
    let groups = groups(visitor).await?;
    Ok(move |id: &str| {
        let group = groups.iter().find(|group| group.id.to_string() == id);
        group.map_or_else(|| id.to_owned(), |group| group.name.to_string())
    })
}

fn differences(
    theirs: &CustomerForm,
    yours: &CustomerForm,
    group_name: &impl Fn(&str) -> String,
) -> Vec<Difference> {
    let row = |field: &str, theirs: String, yours: String| Difference {
        differs: theirs != yours,
        field: field.to_owned(),
        theirs,
        yours,
    };
    let yes = |yes: bool| if yes { "yes" } else { "no" }.to_owned();
    let line_ends = |text: &str| text.replace("\r\n", "\n");
    let mut rows = vec![
        row("Name", theirs.name.clone(), yours.name.clone()),
        row("E-mail", theirs.email.clone(), yours.email.clone()),
        row("Group", group_name(&theirs.group), group_name(&yours.group)),
        row("Marketing", theirs.marketing.clone(), yours.marketing.clone()),
        row("Tax number", theirs.tax_id.clone(), yours.tax_id.clone()),
        row("Pays no tax", yes(theirs.tax_exempt), yes(yours.tax_exempt)),
        row("Notes", line_ends(&theirs.notes), line_ends(&yours.notes)),
    ];
    let extra = theirs.extra.iter().zip(&yours.extra);
    rows.extend(extra.map(|(theirs, yours)| row(&theirs.title, theirs.value.clone(), yours.value.clone())));
    rows
}

/// Asks whether a customer is to be deleted.
#[derive(Template)]
#[template(path = "customer_deletion.html")]
pub(crate) struct CustomerDeletionPage {
    pub(crate) layout: Layout,
    pub(crate) path: CustomerPath,
    pub(crate) deletion: CustomerDeletion,
    pub(crate) name: String,
    pub(crate) contacts: usize,
    pub(crate) orders: u64,
}

/// Asks whether a customer is to be deleted.
pub(crate) async fn ask_deletion<E: Engine>(
    visitor: Visitor<E>,
    deletion: CustomerDeletion,
) -> Result<Response, PageError> {
    let path = CustomerPath { customer: deletion.customer };
    let whole = read(&visitor, path).await?;
    let line = CustomerLine::of(&whole);
    let page = CustomerDeletionPage {
        layout: Layout::new(&visitor, Section::Customers, format!("Delete {}?", line.name)),
        path,
        deletion,
        contacts: whole.contacts.contacts().len(),
        orders: line.orders,
        name: line.name,
    };
    answer(StatusCode::OK, &page)
}

/// Deletes a customer.
pub(crate) async fn delete<E: Engine>(
    CustomerDeletion { customer }: CustomerDeletion,
    Sent { visitor, .. }: Sent<E>,
) -> Result<Response, PageError> {
    visitor.write(DeleteCustomer { customer, now: visitor.now() }).await?;
    done(Customers {}, Done::CustomerDeleted)
}
