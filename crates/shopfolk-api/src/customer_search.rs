//! What a query asks of the customers that are wanted.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use shopfolk_model::{
    ContactFilter, ContactType, ContactTypeSet, CustomerKind, CustomerSearch, CustomerSort, EmailAddress,
    EmailFilter, GroupId, LanguageCode, MAXIMUM_SEARCH_ENTRIES, Money, PhoneDigits, SearchText,
    SearchTextError, Span, Timestamp,
};
use utoipa::IntoParams;

use crate::error::ApiError;
use crate::query::Query;

/// The filters of a search, which join with AND, and the order. Parts of texts are found in any case.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(dead_code, reason = "the parameters for the OpenAPI document; they are read by their names")]
pub(crate) struct SearchParameters {
    /// Part of the name or the e-mail address.
    keyword: Option<String>,
    /// Part of the name.
    name: Option<String>,
    /// Part of the e-mail address; the whole of it with `useExactEmailMatch`.
    email: Option<String>,
    /// Whether `email` is the whole address.
    use_exact_email_match: Option<bool>,
    /// Digits in a row of a phone number of an address, the billing person, or a contact of type PHONE, WHATSAPP or
    /// VIBER. Everything but digits is ignored.
    phone: Option<String>,
    /// Part of the city of any address.
    city: Option<String>,
    /// Part of the postal code of any address.
    postal_code: Option<String>,
    /// Part of the state's or province's code of any address.
    state_or_province_code: Option<String>,
    /// Part of the company's name of any address.
    company_name: Option<String>,
    /// Countries of any address, with commas between them.
    #[param(example = "US,CA")]
    country_codes: Option<String>,
    /// A customer group.
    customer_group: Option<i64>,
    /// The same thing as `customerGroup`.
    customer_group_id: Option<i64>,
    /// Customer groups, with commas between them.
    #[param(example = "0,9367001")]
    customer_group_ids: Option<String>,
    /// What the customer said of marketing; one who said nothing is found by neither.
    accept_marketing: Option<bool>,
    /// The language.
    lang: Option<String>,
    /// Whether the customer pays no tax.
    tax_exempt: Option<bool>,
    /// `b2c` or `b2b`.
    #[param(rename = "b2b_b2c")]
    kind: Option<String>,
    /// At least so many orders.
    min_order_count: Option<u64>,
    /// At most so many orders.
    max_order_count: Option<u64>,
    /// Orders worth at least so much together.
    min_sales_value: Option<f64>,
    /// Orders worth at most so much together.
    max_sales_value: Option<f64>,
    /// Products of which one was bought, with commas between them.
    #[param(example = "37208342,37208343")]
    purchased_product_ids: Option<String>,
    /// Not registered before.
    created_from: Option<String>,
    /// Not registered after.
    created_to: Option<String>,
    /// Not changed before.
    updated_from: Option<String>,
    /// Not changed after.
    updated_to: Option<String>,
    /// Part of the text of any contact.
    contact: Option<String>,
    /// Types of contact, with commas between them; with `contact`, of the same contact.
    #[param(example = "FACEBOOK,INSTAGRAM")]
    contact_type: Option<String>,
    /// `NAME`, `EMAIL`, `ORDER_COUNT`, `REGISTERED_DATE`, `UPDATED_DATE`, `SALES_VALUE`, `FIRST_ORDER_DATE` or
    /// `LAST_ORDER_DATE`, each with `_ASC` or `_DESC`. By id where none is named.
    #[param(example = "NAME_ASC")]
    sort_by: Option<String>,
}

/// The search that the query asks for.
pub(crate) struct Search {
    pub(crate) search: CustomerSearch,
    pub(crate) sort: Option<CustomerSort>,
}

impl<S: Sync> FromRequestParts<S> for Search {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = Query::new(parts.uri.query().unwrap_or_default());
        let sort = query.parsed("sortBy", |text| match text.trim() {
            "" => Ok(None),
            text => CustomerSort::parse(text).map(Some),
        })?;
        Ok(Self { search: search(query)?, sort: sort.flatten() })
    }
}

fn search(query: Query<'_>) -> Result<CustomerSearch, ApiError> {
    let part = |name| query.parsed(name, SearchText::optional).map(Option::flatten);
    Ok(CustomerSearch {
        keyword: part("keyword")?,
        name: part("name")?,
        email: email(query)?,
        phone: query.parsed("phone", PhoneDigits::optional)?.flatten(),
        city: part("city")?,
        postal_code: part("postalCode")?,
        state: part("stateOrProvinceCode")?,
        company_name: part("companyName")?,
        countries: query.list("countryCodes")?,
        groups: groups(query)?,
        accept_marketing: query.boolean("acceptMarketing")?,
        language: query.parsed("lang", optional::<LanguageCode>)?.flatten(),
        tax_exempt: query.boolean("taxExempt")?,
        kind: query.parsed("b2b_b2c", CustomerKind::parse)?,
        order_count: Span {
            from: query.parsed("minOrderCount", count)?,
            to: query.parsed("maxOrderCount", count)?,
        },
        sales_value: Span {
            from: query.parsed("minSalesValue", |text| Money::parse(text.trim()))?,
            to: query.parsed("maxSalesValue", |text| Money::parse(text.trim()))?,
        },
        purchased_products: query.list("purchasedProductIds")?,
        registered: span(query, "createdFrom", "createdTo")?,
        updated: span(query, "updatedFrom", "updatedTo")?,
        contact: contact(query)?,
    })
}

fn count(text: &str) -> Result<u64, &'static str> {
    text.trim().parse().map_err(|_| "must be an integer of at least 0")
}

fn optional<T: FromStr>(text: &str) -> Result<Option<T>, T::Err> {
    if text.trim().is_empty() { Ok(None) } else { text.parse().map(Some) }
}

fn email(query: Query<'_>) -> Result<Option<EmailFilter>, ApiError> {
    let exactly = query.boolean("useExactEmailMatch")?.unwrap_or(false);
    let filter = |text: &str| -> Result<_, SearchTextError> {
        let part = SearchText::optional(text)?;
        Ok(part.map(|part| {
            if exactly { EmailFilter::Exactly(EmailAddress::new(text).ok()) } else { EmailFilter::Part(part) }
        }))
    };
    query.parsed("email", filter).map(Option::flatten)
}

/// The groups that are asked for in one of three ways, or in several, which join like all filters.
fn groups(query: Query<'_>) -> Result<Option<BTreeSet<GroupId>>, ApiError> {
    let mut groups: Option<BTreeSet<GroupId>> = query.list("customerGroupIds")?;
    for name in ["customerGroup", "customerGroupId"] {
        if let Some(group) = query.parsed(name, optional::<GroupId>)?.flatten() {
            let one = BTreeSet::from([group]);
            groups = Some(match groups {
                Some(groups) => &groups & &one,
                None => one,
            });
        }
    }
    Ok(groups)
}

fn span(query: Query<'_>, from: &str, to: &str) -> Result<Span<Timestamp>, ApiError> {
    Ok(Span { from: query.timestamp(from)?, to: query.timestamp(to)? })
}

fn contact(query: Query<'_>) -> Result<Option<ContactFilter>, ApiError> {
    let text = query.parsed("contact", SearchText::optional)?.flatten();
    let types: Option<BTreeSet<ContactType>> = query.list("contactType")?;
    let types = types.map(|types| types.into_iter().collect::<ContactTypeSet>());
    Ok((text.is_some() || types.is_some()).then_some(ContactFilter { text, types }))
}

impl Query<'_> {
    /// A list: split at commas, spaces around ignored.
    ///
    /// # Errors
    /// When it is empty, has too many entries, or one of them is wrong.
    pub(crate) fn list<T>(&self, name: &str) -> Result<Option<BTreeSet<T>>, ApiError>
    where
        T: FromStr<Err: fmt::Display> + Ord,
    {
        let Some(text) = self.text(name) else { return Ok(None) };
        let count = text.split(',').count();
        if count > MAXIMUM_SEARCH_ENTRIES {
            let shown = format!("{count} entries");
            let expected = format!("must have at most {MAXIMUM_SEARCH_ENTRIES} entries");
            return Err(ApiError::wrong_value(name, &shown, expected));
        }
        text.split(',')
            .map(|entry| {
                let entry = entry.trim();
                entry.parse().map_err(|expected| ApiError::wrong_value(name, entry, expected))
            })
            .collect::<Result<_, _>>()
            .map(Some)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_split_at_commas_and_spaces_around_are_ignored() {
        let query = Query::new("a=1,+2%20,3&b=&c=1,,2&d=1,x");
        let numbers = |name| query.list::<i64>(name).map_err(|error| error.message().to_owned());
        assert_eq!(numbers("a"), Ok(Some(BTreeSet::from([1, 2, 3]))));
        assert_eq!(numbers("absent"), Ok(None));
        for name in ["b", "c", "d"] {
            assert!(numbers(name).unwrap_err().contains(&format!("'{name}'")), "{name}");
        }
        let many = format!("a={}", vec!["1"; 1_001].join(","));
        assert!(Query::new(&many).list::<i64>("a").is_err());
        let enough = format!("a={}", vec!["1"; 1_000].join(","));
        assert!(Query::new(&enough).list::<i64>("a").is_ok());
    }

    #[test]
    fn nothing_asked_is_everybody() {
        assert!(
            search(Query::new("offset=1&unknown=2&name=&email=+&customerGroup=")).unwrap().is_everybody()
        );
    }

    #[test]
    fn group_filters_join() {
        let ids = |query: &str| {
            let groups = search(Query::new(query)).unwrap().groups;
            groups.map(|groups| groups.into_iter().map(GroupId::get).collect::<Vec<_>>())
        };
        assert_eq!(ids("customerGroupIds=3,4"), Some(vec![3, 4]));
        assert_eq!(ids("customerGroup=3"), Some(vec![3]));
        assert_eq!(ids("customerGroupIds=3,4&customerGroupId=4"), Some(vec![4]));
        assert_eq!(ids("customerGroup=3&customerGroupId=4"), Some(vec![]));
    }
}
