//! What a query asks of the customers that are wanted.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use shopfolk_model::{
    ContactFilter, ContactType, ContactTypeSet, CustomerKind, CustomerPosition, CustomerSearch, CustomerSort,
    EmailAddress, EmailFilter, GroupId, LanguageCode, MAXIMUM_SEARCH_ENTRIES, Money, PhoneDigits, SearchText,
    SearchTextError, Span, Timestamp,
};
use shopfolk_store::PageRequest;

use crate::error::ApiError;
use crate::from_uri::from_uri;
use crate::query::{PAGE_SIZE, Query, query_parameters};

// The filters of a search, which join with AND, and the order. Parts of texts are found in any case.
query_parameters! {
    SearchParameters:
    /// Part of the name or the e-mail address.
    KEYWORD "keyword": String;
    /// Part of the name.
    NAME "name": String;
    /// Part of the e-mail address; the whole of it with `useExactEmailMatch`.
    EMAIL "email": String;
    /// Whether `email` is the whole address.
    USE_EXACT_EMAIL_MATCH "useExactEmailMatch": bool;
    /// Digits in a row of a phone number of an address, the billing person, or a contact of type PHONE, WHATSAPP or
    /// VIBER. Everything but digits is ignored.
    PHONE "phone": String;
    /// Part of the city of any address.
    CITY "city": String;
    /// Part of the postal code of any address.
    POSTAL_CODE "postalCode": String;
    /// Part of the state's or province's code of any address.
    STATE_OR_PROVINCE_CODE "stateOrProvinceCode": String;
    /// Part of the company's name of any address.
    COMPANY_NAME "companyName": String;
    /// Countries of any address, with commas between them.
    COUNTRY_CODES "countryCodes": String, "US,CA";
    /// A customer group.
    CUSTOMER_GROUP "customerGroup": i64;
    /// The same thing as `customerGroup`.
    CUSTOMER_GROUP_ID "customerGroupId": i64;
    /// Customer groups, with commas between them.
    CUSTOMER_GROUP_IDS "customerGroupIds": String, "0,9367001";
    /// What the customer said of marketing; one who said nothing is found by neither.
    ACCEPT_MARKETING "acceptMarketing": bool;
    /// The language.
    LANG "lang": String;
    /// Whether the customer pays no tax.
    TAX_EXEMPT "taxExempt": bool;
    /// `b2c` or `b2b`.
    KIND "b2b_b2c": String;
    /// At least so many orders.
    MIN_ORDER_COUNT "minOrderCount": u64;
    /// At most so many orders.
    MAX_ORDER_COUNT "maxOrderCount": u64;
    /// Orders worth at least so much together.
    MIN_SALES_VALUE "minSalesValue": f64;
    /// Orders worth at most so much together.
    MAX_SALES_VALUE "maxSalesValue": f64;
    /// Products of which one was bought, with commas between them.
    PURCHASED_PRODUCT_IDS "purchasedProductIds": String, "37208342,37208343";
    /// Not registered before.
    CREATED_FROM "createdFrom": String;
    /// Not registered after.
    CREATED_TO "createdTo": String;
    /// Not changed before.
    UPDATED_FROM "updatedFrom": String;
    /// Not changed after.
    UPDATED_TO "updatedTo": String;
    /// Part of the text of any contact.
    CONTACT "contact": String;
    /// Types of contact, with commas between them; with `contact`, of the same contact.
    CONTACT_TYPE "contactType": String, "FACEBOOK,INSTAGRAM";
    /// Taken, and without effect: orders are always counted beforehand.
    USE_PRECALCULATED_ORDER_COUNT "usePrecalculatedOrderCount": bool;
    /// Taken, and without effect.
    CHECK_ONLY_CUSTOMER_ID "checkOnlyCustomerId": bool;
    /// `NAME`, `EMAIL`, `ORDER_COUNT`, `REGISTERED_DATE`, `UPDATED_DATE`, `SALES_VALUE`, `FIRST_ORDER_DATE` or
    /// `LAST_ORDER_DATE`, each with `_ASC` or `_DESC`. By id where none is named.
    SORT_BY "sortBy": String, "NAME_ASC";
}

/// The search that the query asks for.
pub(crate) struct Search {
    pub(crate) search: CustomerSearch,
    pub(crate) sort: Option<CustomerSort>,
}

/// The search that the query asks for, and the part of those found.
pub(crate) struct PagedSearch {
    pub(crate) search: CustomerSearch,
    pub(crate) sort: Option<CustomerSort>,
    pub(crate) page: PageRequest<CustomerPosition>,
}

/// Which customers the query asks for, where they are changed: a filter that is misspelt must not find more of them.
pub(crate) struct StrictSearch(pub(crate) CustomerSearch);

from_uri! {
    Search = |uri| {
        let query = Query::of(uri);
        Ok(Self { search: search(query)?, sort: sort(query)? })
    };
    StrictSearch = |uri| {
        let query = Query::of(uri);
        query.refuse_others::<SearchParameters>()?;
        search(query).map(Self)
    };
    PagedSearch = |uri| {
        let query = Query::of(uri);
        let sort = sort(query)?;
        Ok(Self { search: search(query)?, sort, page: query.page(sort, PAGE_SIZE)? })
    };
}

fn sort(query: Query<'_>) -> Result<Option<CustomerSort>, ApiError> {
    let sort = query.parsed(SearchParameters::SORT_BY, |text| match text.trim() {
        "" => Ok(None),
        text => CustomerSort::parse(text).map(Some),
    })?;
    Ok(sort.flatten())
}

/// Parameters that clients of the platform send, and that find neither more nor fewer.
const WITHOUT_EFFECT: [&str; 2] =
    [SearchParameters::USE_PRECALCULATED_ORDER_COUNT, SearchParameters::CHECK_ONLY_CUSTOMER_ID];

fn search(query: Query<'_>) -> Result<CustomerSearch, ApiError> {
    for name in WITHOUT_EFFECT {
        query.boolean(name)?;
    }
    Ok(CustomerSearch {
        keyword: query.search_text(SearchParameters::KEYWORD)?,
        name: query.search_text(SearchParameters::NAME)?,
        email: email(query)?,
        phone: query.parsed(SearchParameters::PHONE, PhoneDigits::optional)?.flatten(),
        city: query.search_text(SearchParameters::CITY)?,
        postal_code: query.search_text(SearchParameters::POSTAL_CODE)?,
        state: query.search_text(SearchParameters::STATE_OR_PROVINCE_CODE)?,
        company_name: query.search_text(SearchParameters::COMPANY_NAME)?,
        countries: query.list(SearchParameters::COUNTRY_CODES)?,
        groups: groups(query)?,
        accept_marketing: query.boolean(SearchParameters::ACCEPT_MARKETING)?,
        language: query.parsed(SearchParameters::LANG, optional::<LanguageCode>)?.flatten(),
        tax_exempt: query.boolean(SearchParameters::TAX_EXEMPT)?,
        kind: query.parsed(SearchParameters::KIND, CustomerKind::parse)?,
        order_count: Span {
            from: query.parsed(SearchParameters::MIN_ORDER_COUNT, count)?,
            to: query.parsed(SearchParameters::MAX_ORDER_COUNT, count)?,
        },
        sales_value: Span {
            from: query.parsed(SearchParameters::MIN_SALES_VALUE, |text| Money::parse(text.trim()))?,
            to: query.parsed(SearchParameters::MAX_SALES_VALUE, |text| Money::parse(text.trim()))?,
        },
        purchased_products: query.list(SearchParameters::PURCHASED_PRODUCT_IDS)?,
        registered: span(query, SearchParameters::CREATED_FROM, SearchParameters::CREATED_TO)?,
        updated: span(query, SearchParameters::UPDATED_FROM, SearchParameters::UPDATED_TO)?,
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
    let exactly = query.boolean(SearchParameters::USE_EXACT_EMAIL_MATCH)?.unwrap_or(false);
    let filter = |text: &str| -> Result<_, SearchTextError> {
        let part = SearchText::optional(text)?;
        Ok(part.map(|part| {
            if exactly { EmailFilter::Exactly(EmailAddress::new(text).ok()) } else { EmailFilter::Part(part) }
        }))
    };
    query.parsed(SearchParameters::EMAIL, filter).map(Option::flatten)
}

/// The groups that are asked for in one of three ways, or in several, which join like all filters.
fn groups(query: Query<'_>) -> Result<Option<BTreeSet<GroupId>>, ApiError> {
    let mut groups: Option<BTreeSet<GroupId>> = query.list(SearchParameters::CUSTOMER_GROUP_IDS)?;
    for name in [SearchParameters::CUSTOMER_GROUP, SearchParameters::CUSTOMER_GROUP_ID] {
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
    let text = query.search_text(SearchParameters::CONTACT)?;
    let types: Option<BTreeSet<ContactType>> = query.list(SearchParameters::CONTACT_TYPE)?;
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
        assert_eq!(numbers("b"), Ok(None), "an empty value asks nothing");
        for name in ["c", "d"] {
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
