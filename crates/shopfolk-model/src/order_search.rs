//! What a caller looks for among the orders of a store, what a search looks at of an order, and whether it finds it.

use std::collections::BTreeSet;

use crate::{
    CustomerId, EmailAddress, Money, Order, OrderNumber, SearchText, Span, Timestamp, searched_key,
    sorted_key,
};

/// What an order must be like to be found: filters that join with AND. What is `None` asks nothing; the default finds
/// every order. Those found come with the latest number first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrderSearch {
    /// The e-mail address, compared by its key.
    pub email: Option<EmailAddress>,
    /// The customer who ordered.
    pub customer: Option<CustomerId>,
    /// Part of the order's e-mail address, or of the name or e-mail address of the customer who ordered.
    pub buyer: Option<SearchText>,
    /// Part of the order's key, number or e-mail address.
    pub keywords: Option<SearchText>,
    /// The number.
    pub number: Option<OrderNumber>,
    /// One of these numbers, in digits, or keys, in lower case.
    pub names: Option<BTreeSet<String>>,
    /// When the order was made.
    pub created: Span<Timestamp>,
    /// What the order is worth.
    pub total: Span<Money>,
}

/// Everything that a search looks at of one order, texts by their searched keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchedOrder {
    /// The number, in digits.
    pub number: String,
    /// The key.
    pub key: String,
    /// The e-mail address that was given.
    pub email: String,
    /// By which e-mail addresses are the same ([`EmailAddress::key`]).
    pub email_key: String,
    /// The customer who ordered; `None` when that customer was deleted.
    pub customer: Option<CustomerId>,
    /// What the order is worth.
    pub total: Money,
    /// When it was made.
    pub created: Timestamp,
}

/// What a search looks at of the customer who ordered, texts by their searched keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchedBuyer {
    /// The name; empty where none is known.
    pub name: String,
    /// The customer's own e-mail address.
    pub email: String,
}

impl SearchedBuyer {
    /// What a search looks at of a customer with this name and e-mail address.
    pub fn new(name: Option<&str>, email: &str) -> Self {
        Self { name: name.map(sorted_key).unwrap_or_default(), email: sorted_key(email) }
    }
}

impl SearchedOrder {
    /// What a search looks at of an order with this number, key, e-mail address, the key of that, customer, total and date.
    pub fn new(
        number: OrderNumber,
        key: &str,
        email: &str,
        email_key: String,
        customer: Option<CustomerId>,
        total: Money,
        created: Timestamp,
    ) -> Self {
        Self {
            number: number.to_string(),
            key: searched_key(key),
            email: searched_key(email),
            email_key,
            customer,
            total,
            created,
        }
    }

    /// What a search looks at of this order.
    pub fn of(order: &Order) -> Self {
        let Order { number, key, email, customer, total, created, .. } = order;
        Self::new(*number, key.as_str(), email.as_str(), email.key(), *customer, *total, *created)
    }

    /// Whether a search finds the order. `look_up` finds the customer who ordered; it is asked only where that matters.
    ///
    /// # Errors
    /// When the customer cannot be looked up.
    pub fn matches<E>(
        &self,
        search: &OrderSearch,
        look_up: impl FnOnce(CustomerId) -> Result<Option<SearchedBuyer>, E>,
    ) -> Result<bool, E> {
        let OrderSearch { email, customer, buyer, keywords, number, names, created, total } = search;
        let found = email.as_ref().is_none_or(|email| email.key() == self.email_key)
            && customer.is_none_or(|customer| self.customer == Some(customer))
            && number.is_none_or(|number| self.number == number.to_string())
            && names.as_ref().is_none_or(|names| names.contains(&self.number) || names.contains(&self.key))
            && created.contains(&self.created)
            && total.contains(&self.total)
            && keywords.as_ref().is_none_or(|text| {
                [&self.key, &self.number, &self.email].iter().any(|part| text.is_in(part))
            });
        match (buyer, self.customer) {
            _ if !found => Ok(false),
            (None, _) => Ok(true),
            (Some(text), _) if text.is_in(&self.email) => Ok(true),
            (Some(_), None) => Ok(false),
            (Some(text), Some(customer)) => {
                let buyer = look_up(customer)?;
                Ok(buyer.is_some_and(|buyer| text.is_in(&buyer.name) || text.is_in(&buyer.email)))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn email(text: &str) -> EmailAddress {
        EmailAddress::new(text).unwrap()
    }

    fn text(text: &str) -> Option<SearchText> {
        SearchText::optional(text).unwrap()
    }

    fn order() -> SearchedOrder {
        let customer = CustomerId::new(7).ok();
        let address = email("Straße@example.com");
        SearchedOrder::new(
            OrderNumber::new(1_234).unwrap(),
            "EG4H2",
            address.as_str(),
            address.key(),
            customer,
            Money::from_units(125_000),
            Timestamp::from_unix_seconds(100).unwrap(),
        )
    }

    fn finds(search: &OrderSearch) -> bool {
        let anna = |_| Ok::<_, Infallible>(Some(SearchedBuyer::new(Some("Änne"), "anna@example.org")));
        order().matches(search, anna).unwrap()
    }

    #[test]
    fn every_filter_finds_and_passes_over() {
        let all = OrderSearch::default;
        assert!(finds(&all()));
        for (address, found) in [("STRAßE@example.com", true), ("anna@example.org", false)] {
            assert_eq!(finds(&OrderSearch { email: Some(email(address)), ..all() }), found, "{address}");
        }
        for (id, found) in [(7, true), (8, false)] {
            assert_eq!(finds(&OrderSearch { customer: CustomerId::new(id).ok(), ..all() }), found, "{id}");
        }
        for (part, found) in [("STRASSE", true), ("ÄNN", true), ("a@EXAMPLE.org", true), ("eg4h", false)] {
            assert_eq!(finds(&OrderSearch { buyer: text(part), ..all() }), found, "{part}");
        }
        for (part, found) in
            [("STRASSE", true), ("g4H", true), ("23", true), ("änn", false), ("12345", false)]
        {
            assert_eq!(finds(&OrderSearch { keywords: text(part), ..all() }), found, "{part}");
        }
        for (number, found) in [(1_234, true), (123, false)] {
            assert_eq!(
                finds(&OrderSearch { number: OrderNumber::new(number).ok(), ..all() }),
                found,
                "{number}"
            );
        }
        for (name, found) in [("1234", true), ("eg4h2", true), ("eg4h3", false)] {
            let names = Some(BTreeSet::from([name.to_owned(), "7".to_owned()]));
            assert_eq!(finds(&OrderSearch { names, ..all() }), found, "{name}");
        }
        for (from, to, found) in [(100, 100, true), (101, 200, false), (0, 99, false)] {
            let at = |seconds| Timestamp::from_unix_seconds(seconds).ok();
            let created = Span { from: at(from), to: at(to) };
            assert_eq!(finds(&OrderSearch { created, ..all() }), found, "{from} to {to}");
            let worth = |units| Some(Money::from_units(units * 1_250));
            let total = Span { from: worth(from), to: worth(to) };
            assert_eq!(finds(&OrderSearch { total, ..all() }), found, "{from} to {to}");
        }
        let both = OrderSearch { keywords: text("nobody"), ..OrderSearch { buyer: text("änn"), ..all() } };
        assert!(!finds(&both));
    }

    #[test]
    fn who_ordered_is_looked_up_only_where_it_matters() {
        let fails = |_| Err("looked up");
        let search = OrderSearch { buyer: text("strasse"), ..OrderSearch::default() };
        assert_eq!(order().matches(&search, fails), Ok(true));
        let search = OrderSearch { keywords: text("nobody"), buyer: text("änne"), ..OrderSearch::default() };
        assert_eq!(order().matches(&search, fails), Ok(false));
        let search = OrderSearch { buyer: text("änne"), ..OrderSearch::default() };
        assert_eq!(order().matches(&search, fails), Err("looked up"));
        let of_nobody = SearchedOrder { customer: None, ..order() };
        assert_eq!(of_nobody.matches(&search, fails), Ok(false));
    }
}
