//! What a run of random searches has asked for: a filter that none of them sets shows up by its name.

use std::collections::BTreeSet;

use rand::RngExt;
use rand::rngs::StdRng;
use shopfolk_model::{
    ContactFilter, CustomerSearch, CustomerSort, EmailFilter, GroupFilter, OrderSearch, SortField, Span,
};

/// Which of the filters of one search are asked for. Each is asked in its turn whether it is one of them.
pub(super) struct Turns {
    asked: BTreeSet<usize>,
    next: usize,
}

impl Turns {
    /// One of so many filters most of the time, and now and then none, two or three.
    pub(super) fn of(random: &mut StdRng, filters: usize) -> Self {
        let count = [0, 1, 1, 1, 1, 1, 1, 2, 2, 3][random.random_range(0..10)];
        Self { asked: (0..count).map(|_| random.random_range(0..filters)).collect(), next: 0 }
    }

    /// The value of the next filter, if it is asked for.
    pub(super) fn then<T>(&mut self, value: impl FnOnce() -> T) -> Option<T> {
        let asked = self.asked.contains(&self.next);
        self.next += 1;
        asked.then(value)
    }
}

/// The names of filters and sorts, and those that have made a difference in this run.
#[derive(Default)]
pub(super) struct Asked {
    known: BTreeSet<String>,
    proven: BTreeSet<String>,
}

impl Asked {
    /// Notes a search that found so many of so many. A filter is proven when it alone finds some and not all.
    pub(super) fn note(&mut self, filters: &[(&str, bool)], found: usize, all: usize) {
        self.known.extend(filters.iter().map(|&(name, _)| name.to_owned()));
        let mut set = filters.iter().filter(|(_, set)| *set);
        if let (Some(&(name, _)), None) = (set.next(), set.next())
            && (1..all).contains(&found)
        {
            self.proven.insert(name.to_owned());
        }
    }

    /// Notes a sort, and whether it put customers into another order than that of their ids.
    pub(super) fn note_sort(&mut self, sort: CustomerSort, differs: bool) {
        for field in SortField::ALL {
            self.known.extend([false, true].map(|descending| sort_name(*field, descending)));
        }
        if differs {
            self.proven.insert(sort_name(sort.field, sort.descending));
        }
    }

    pub(super) fn assert_whole(&self) {
        let missing: Vec<_> = self.known.difference(&self.proven).collect();
        assert!(!self.known.is_empty() && missing.is_empty(), "nothing was compared by {missing:?}");
    }
}

fn sort_name(field: SortField, descending: bool) -> String {
    format!("sort {} {}", field.name(), if descending { "DESC" } else { "ASC" })
}

/// The filters of a search by name, and whether each is set.
pub(super) fn customer_filters(search: &CustomerSearch) -> Vec<(&'static str, bool)> {
    let CustomerSearch {
        keyword,
        name,
        email,
        phone,
        city,
        postal_code,
        state,
        company_name,
        countries,
        groups,
        accept_marketing,
        language,
        tax_exempt,
        kind,
        order_count: Span { from: least_orders, to: most_orders },
        sales_value: Span { from: least_sales, to: most_sales },
        purchased_products,
        registered: Span { from: registered_from, to: registered_to },
        updated: Span { from: updated_from, to: updated_to },
        contact,
    } = search;
    let ContactFilter { text, types } = contact.clone().unwrap_or_default();
    vec![
        ("keyword", keyword.is_some()),
        ("name", name.is_some()),
        ("part of the email", matches!(email, Some(EmailFilter::Part(_)))),
        ("exact email", matches!(email, Some(EmailFilter::Exactly(_)))),
        ("phone", phone.is_some()),
        ("city", city.is_some()),
        ("postal_code", postal_code.is_some()),
        ("state", state.is_some()),
        ("company_name", company_name.is_some()),
        ("countries", countries.is_some()),
        ("groups", groups.is_some()),
        ("accept_marketing", accept_marketing.is_some()),
        ("language", language.is_some()),
        ("tax_exempt", tax_exempt.is_some()),
        ("kind", kind.is_some()),
        ("least order_count", least_orders.is_some()),
        ("greatest order_count", most_orders.is_some()),
        ("least sales_value", least_sales.is_some()),
        ("greatest sales_value", most_sales.is_some()),
        ("purchased_products", purchased_products.is_some()),
        ("registered from", registered_from.is_some()),
        ("registered to", registered_to.is_some()),
        ("updated from", updated_from.is_some()),
        ("updated to", updated_to.is_some()),
        ("text of a contact", text.is_some()),
        ("types of a contact", types.is_some()),
    ]
}

/// The filters of a search by name, and whether each is set.
pub(super) fn order_filters(search: &OrderSearch) -> Vec<(&'static str, bool)> {
    let OrderSearch { email, customer, buyer, keywords, number, names, created, total } = search;
    vec![
        ("email of an order", email.is_some()),
        ("customer of an order", customer.is_some()),
        ("buyer of an order", buyer.is_some()),
        ("keywords of an order", keywords.is_some()),
        ("number of an order", number.is_some()),
        ("names of orders", names.is_some()),
        ("time of an order", !created.is_everything()),
        ("total of an order", !total.is_everything()),
    ]
}

/// The filters by name, and whether each is set.
pub(super) fn group_filters(filter: &GroupFilter) -> Vec<(&'static str, bool)> {
    let GroupFilter { keyword, ids } = filter;
    vec![("keyword of a group", keyword.is_some()), ("ids of groups", ids.is_some())]
}
