//! Searching the customers of a store.
//!
//! One statement asks everything; what a search does not ask is null, which the planner sees, because it plans each run
//! anew. Parts of texts are found by trigrams (`pg_trgm`).

use std::collections::BTreeSet;

use shopfolk_model::{
    City, ContactBook, ContactType, CountryCode, Customer, CustomerId, CustomerKind, CustomerSearch,
    CustomerSort, EmailFilter, LanguageCode, MAXIMUM_CUSTOMERS_WITH_SHIPPING_PLACES, MAXIMUM_SHIPPING_PLACES,
    Money, PhoneDigits, SearchText, SearchedCustomer, ShippingPlace, SortField, Street, Timestamp, fold,
};
use shopfolk_store::{Page, PageRequest, ReadSearch, StoreError};

use crate::parameter::{Parameter, parameters_of};
use crate::row::Place;
use crate::session::Step;
use crate::stores::offset;
use crate::tx::{Access, PostgresTx, PostgresWriteTx};

/// Has each run planned for what it asks: a plan for any search would use no index for parts of texts.
pub(crate) const PLAN_ANEW: &str = "SET LOCAL plan_cache_mode = force_custom_plan";

/// Ends each of several texts in one column; no text contains it.
const PART_END: &str = "\u{1}";

impl<A: Access> ReadSearch for PostgresTx<'_, A> {
    async fn search_customers(
        &mut self,
        search: &CustomerSearch,
        sort: Option<CustomerSort>,
        page: PageRequest,
    ) -> Result<Page<CustomerId>, StoreError> {
        let plan = Step::Plain(PLAN_ANEW.to_owned());
        let find = Step::Run {
            what: "search the customers",
            sql: "WITH found AS MATERIALIZED (
                      SELECT customers.customer_id, search.name, search.email, customers.registered, customers.updated,
                             coalesce(order_count, 0) AS order_count, coalesce(sales_value, 0) AS sales_value,
                             first_order, last_order
                        FROM customers
                        JOIN customer_search AS search ON search.store_id = customers.store_id
                                                      AND search.customer_id = customers.customer_id
                        LEFT JOIN order_statistics AS ordered ON ordered.store_id = customers.store_id
                                                             AND ordered.customer_id = customers.customer_id
                       WHERE customers.store_id = $1
                         AND ($2::text IS NULL OR search.name LIKE $2 OR search.email LIKE $2)
                         AND ($3::text IS NULL OR search.name LIKE $3)
                         AND ($4::text IS NULL OR search.email LIKE $4)
                         AND ($5::text IS NULL OR customers.email_key = $5)
                         AND ($6::text IS NULL
                              OR search.phones LIKE $6
                              OR customers.customer_id IN
                                 (SELECT contacts.customer_id
                                    FROM contacts
                                   WHERE contacts.store_id = $1 AND contact_type IN (2, 11, 13)
                                     AND regexp_replace(coalesce(contact, contact_key), '[^0-9]', '', 'g') LIKE $6))
                         AND ($7::text IS NULL OR search.cities LIKE $7)
                         AND ($8::text IS NULL OR search.postal_codes LIKE $8)
                         AND ($9::text IS NULL OR search.states LIKE $9)
                         AND ($10::text IS NULL OR search.company_names LIKE $10)
                         AND ($11::text[] IS NULL OR search.countries && $11)
                         AND ($12::bigint[] IS NULL OR customers.group_id = ANY ($12))
                         AND ($13::boolean IS NULL OR search.accept_marketing = $13)
                         AND ($14::text IS NULL OR search.language = $14)
                         AND ($15::boolean IS NULL OR search.tax_exempt = $15)
                         AND ($16::boolean IS NULL OR search.business = $16)
                         AND ($17::bigint IS NULL OR customers.registered >= $17)
                         AND ($18::bigint IS NULL OR customers.registered <= $18)
                         AND ($19::bigint IS NULL OR customers.updated >= $19)
                         AND ($20::bigint IS NULL OR customers.updated <= $20)
                         AND ($21::smallint[] IS NULL
                              OR customers.customer_id IN
                                 (SELECT contacts.customer_id
                                    FROM contacts
                                   WHERE contacts.store_id = $1 AND contact_type = ANY ($21)
                                     AND ($22::text IS NULL
                                          OR coalesce(folded, contact, contact_key) LIKE $22)))
                         AND ($26::bigint IS NULL OR coalesce(order_count, 0) >= $26)
                         AND ($27::bigint IS NULL OR coalesce(order_count, 0) <= $27)
                         AND ($28::bigint IS NULL OR coalesce(sales_value, 0) >= $28)
                         AND ($29::bigint IS NULL OR coalesce(sales_value, 0) <= $29)
                         AND ($30::bigint[] IS NULL
                              OR customers.customer_id IN
                                 (SELECT order_products.customer_id
                                    FROM order_products
                                   WHERE order_products.store_id = $1 AND product_id = ANY ($30)
                                     AND order_products.customer_id IS NOT NULL)))
                  SELECT (SELECT count(*) FROM found) AS total,
                         ARRAY(SELECT customer_id
                                 FROM found
                                ORDER BY CASE WHEN $23::smallint = 1 THEN nullif(name, '') END ASC NULLS LAST,
                                         CASE WHEN $23 = 2 THEN nullif(name, '') END DESC NULLS LAST,
                                         CASE WHEN $23 = 3 THEN email END ASC,
                                         CASE WHEN $23 = 4 THEN email END DESC,
                                         CASE WHEN $23 = 5 THEN registered WHEN $23 = 7 THEN updated WHEN $23 = 9 THEN order_count
                                              WHEN $23 = 11 THEN sales_value WHEN $23 = 13 THEN first_order
                                              WHEN $23 = 15 THEN last_order END ASC NULLS LAST,
                                         CASE WHEN $23 = 6 THEN registered WHEN $23 = 8 THEN updated WHEN $23 = 10 THEN order_count
                                              WHEN $23 = 12 THEN sales_value WHEN $23 = 14 THEN first_order
                                              WHEN $23 = 16 THEN last_order END DESC NULLS LAST,
                                         customer_id
                                LIMIT $24 OFFSET $25) AS page",
            parameters: parameters(self.store.get(), search, sort, page),
            touches: None,
        };
        let [_, found] = self.run([Some(plan), Some(find)]).await?;
        let Some(row) = found.rows.first() else { return Ok(Page { total: 0, items: Vec::new() }) };
        let place = Place { row, table: "customer_search", key: format!("store {}", self.store) };
        let total: i64 = place.get("total")?;
        let items = place.read("page", |ids: Vec<i64>| {
            ids.into_iter().map(CustomerId::new).collect::<Result<Vec<_>, _>>()
        })?;
        Ok(Page { total: total.unsigned_abs(), items })
    }

    async fn list_languages(&mut self) -> Result<BTreeSet<String>, StoreError> {
        let rows = self
            .list(
                "list the languages of the customers",
                "SELECT DISTINCT language FROM customer_search WHERE store_id = $1 AND language <> ''",
                parameters_of![self.store.get()],
            )
            .await?;
        let key = format!("store {}", self.store);
        rows.iter()
            .map(|row| Place { row, table: "customer_search", key: key.clone() }.get("language"))
            .collect()
    }

    async fn list_countries(&mut self) -> Result<BTreeSet<CountryCode>, StoreError> {
        let rows = self
            .list(
                "list the countries of the customers",
                "SELECT DISTINCT unnest(countries) AS country FROM customer_search WHERE store_id = $1",
                parameters_of![self.store.get()],
            )
            .await?;
        let key = format!("store {}", self.store);
        let country = |row| {
            Place { row, table: "customer_search", key: key.clone() }
                .read("country", |code: &str| code.parse())
        };
        rows.iter().map(country).collect()
    }

    async fn list_shipping_places(&mut self) -> Result<Vec<ShippingPlace>, StoreError> {
        let rows = self
            .list(
                "list the shipping places",
                "SELECT DISTINCT (address ->> 'countryCode') COLLATE ucs_basic AS country,
                        (address ->> 'city') COLLATE ucs_basic AS city, (address ->> 'street') COLLATE ucs_basic AS street
                   FROM (SELECT document
                           FROM customer_details
                          WHERE store_id = $1 AND document IS NOT NULL
                          ORDER BY customer_id
                          LIMIT $2) AS known,
                        json_array_elements(known.document::json -> 'addresses') AS address
                  ORDER BY country NULLS FIRST, city NULLS FIRST, street NULLS FIRST
                  LIMIT $3",
                parameters_of![
                    self.store.get(),
                    i64::from(MAXIMUM_CUSTOMERS_WITH_SHIPPING_PLACES),
                    i64::from(MAXIMUM_SHIPPING_PLACES)
                ],
            )
            .await?;
        let shipping_place = |row| {
            let place = Place { row, table: "customer_details", key: format!("store {}", self.store) };
            Ok(ShippingPlace {
                country: place.read("country", |code: Option<&str>| code.map(str::parse).transpose())?,
                city: place.read("city", |text: Option<&str>| text.map(City::new).transpose())?,
                street: place.read("street", |text: Option<&str>| text.map(Street::new).transpose())?,
            })
        };
        rows.iter().map(shipping_place).collect()
    }
}

fn parameters(
    store: i64,
    search: &CustomerSearch,
    sort: Option<CustomerSort>,
    page: PageRequest,
) -> Vec<Parameter> {
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
        order_count,
        sales_value,
        purchased_products,
        registered,
        updated,
        contact,
    } = search;
    let part = |text: &Option<SearchText>| text.as_ref().map(|text| pattern(text.folded()));
    let (email_part, email_key) = match email {
        None => (None, None),
        Some(EmailFilter::Part(text)) => (Some(pattern(text.folded())), None),
        // No address is empty: then nobody is found.
        Some(EmailFilter::Exactly(address)) => {
            (None, Some(address.as_ref().map(shopfolk_model::EmailAddress::key).unwrap_or_default()))
        }
    };
    let contact_types = contact.as_ref().map(|filter| {
        let wanted =
            |contact_type: &&ContactType| filter.types.is_none_or(|types| types.contains(**contact_type));
        let code = |contact_type: &ContactType| i16::from(contact_type.code());
        ContactType::ALL.iter().filter(wanted).map(code).collect::<Vec<_>>()
    });
    let seconds = |time: Option<Timestamp>| time.map(Timestamp::unix_seconds);
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let countries = countries.as_ref();
    let groups = groups.as_ref();
    parameters_of![
        store,
        part(keyword),
        part(name),
        email_part,
        email_key,
        phone.as_ref().map(PhoneDigits::as_str).map(pattern),
        part(city),
        part(postal_code),
        part(state),
        part(company_name),
        countries.map(|countries| countries.iter().map(ToString::to_string).collect::<Vec<_>>()),
        groups.map(|groups| groups.iter().map(|group| group.get()).collect::<Vec<_>>()),
        *accept_marketing,
        language.as_ref().map(LanguageCode::key),
        *tax_exempt,
        kind.map(|kind| kind == CustomerKind::Business),
        seconds(registered.from),
        seconds(registered.to),
        seconds(updated.from),
        seconds(updated.to),
        contact_types,
        contact.as_ref().and_then(|filter| part(&filter.text)),
        order(sort),
        i64::from(page.limit),
        offset(page),
        order_count.from.map(number),
        order_count.to.map(number),
        sales_value.from.map(Money::units),
        sales_value.to.map(Money::units),
        purchased_products
            .as_ref()
            .map(|products| products.iter().map(|product| product.get()).collect::<Vec<_>>()),
    ]
}

/// The number of an order in the statement.
fn order(sort: Option<CustomerSort>) -> i16 {
    let Some(CustomerSort { field, descending }) = sort else { return 0 };
    let ascending = match field {
        SortField::Name => 1,
        SortField::Email => 3,
        SortField::Registered => 5,
        SortField::Updated => 7,
        SortField::OrderCount => 9,
        SortField::SalesValue => 11,
        SortField::FirstOrder => 13,
        SortField::LastOrder => 15,
    };
    ascending + i16::from(descending)
}

/// What `LIKE` finds the text with, anywhere.
pub(crate) fn pattern(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

fn joined(parts: &[String]) -> String {
    parts.iter().flat_map(|part| [part.as_str(), PART_END]).collect()
}

/// What the column `folded` is to hold for the text of a contact.
pub(crate) fn stored_folded(text: &str) -> Option<String> {
    let folded = fold(text);
    (folded != text).then_some(folded)
}

impl PostgresWriteTx<'_> {
    /// Writes what searches look at of a customer besides the contacts.
    pub(crate) fn write_searched(&mut self, customer: &Customer) {
        // The contacts have rows of their own.
        let searched = SearchedCustomer::of(customer, &ContactBook::default());
        self.write(
            "write what searches look at of a customer",
            "INSERT INTO customer_search (store_id, customer_id, name, email, phones, cities, postal_codes, states,
                                          company_names, countries, language, accept_marketing, tax_exempt, business)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
             ON CONFLICT (store_id, customer_id) DO UPDATE
                SET name = $3, email = $4, phones = $5, cities = $6, postal_codes = $7, states = $8,
                    company_names = $9, countries = $10, language = $11, accept_marketing = $12, tax_exempt = $13,
                    business = $14",
            parameters_of![
                self.store.get(),
                searched.id.get(),
                searched.name,
                searched.email,
                joined(&searched.phones),
                joined(&searched.cities),
                joined(&searched.postal_codes),
                joined(&searched.states),
                joined(&searched.company_names),
                searched.countries.iter().map(CountryCode::to_string).collect::<Vec<_>>(),
                searched.language,
                searched.accept_marketing,
                searched.tax_exempt,
                searched.kind == CustomerKind::Business,
            ],
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The index `contacts_by_number` names these types, and is used only where the search names the same.
    #[test]
    fn phone_numbers_are_looked_for_in_the_types_of_contact_that_have_numbers() {
        let with_number = ContactType::ALL.iter().filter(|contact_type| contact_type.has_number());
        let codes: Vec<String> = with_number.map(|contact_type| contact_type.code().to_string()).collect();
        let condition = format!("contact_type IN ({})", codes.join(", "));
        for (file, text) in [
            ("search.rs", include_str!("search.rs")),
            ("V5__search.sql", include_str!("../migrations/V5__search.sql")),
        ] {
            assert!(
                text.contains(&condition),
                "{file} does not look at the types that have numbers: {condition}"
            );
        }
    }

    #[test]
    fn what_like_takes_for_more_is_escaped() {
        assert_eq!(pattern("100%_\\"), "%100\\%\\_\\\\%");
        assert_eq!(joined(&["a".to_owned(), "b".to_owned()]), format!("a{PART_END}b{PART_END}"));
    }
}
