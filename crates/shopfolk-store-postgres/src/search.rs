//! Searching the customers of a store.
//!
//! One statement asks everything; what a search does not ask is null, which the planner sees, because it plans each run
//! anew. Parts of texts are found by trigrams (`pg_trgm`).

use std::collections::BTreeSet;

use shopfolk_model::{
    ContactBook, ContactType, CountryCode, Customer, CustomerId, CustomerKind, CustomerPosition,
    CustomerSearch, CustomerSort, EmailFilter, LanguageCode, Money, PhoneDigits, SearchText,
    SearchedCustomer, SortKey, Timestamp,
};
use shopfolk_store::{
    ColumnType, CustomerRow, PORTION, Page, PageRequest, Portion, Query, ReadRows, ReadSearch, StoreError,
    StoredContact, Value, WalkPosition, find_customers, searched_beside,
};
use tokio_postgres::Row;

use crate::failure::doing;
use crate::node::Runs;
use crate::parameter::{Parameter, many, parameters_of};
use crate::rows::count;
use crate::session::Step;
use crate::stores::{offset, reads};
use crate::tx::{PostgresTx, PostgresWriteTx, TxMode};

/// Has each run planned for what it asks: a plan for any search would use no index for parts of texts.
pub(crate) const PLAN_ANEW: &str = "SET LOCAL plan_cache_mode = force_custom_plan";

/// Ends each of several texts in one column; no text contains it.
const PART_END: &str = "\u{1}";

/// Finds customers: how many, the ids of those on a page and one more, and what the last of the page is sorted by.
const FIND: &str = "WITH found AS MATERIALIZED (
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
                         AND (digits LIKE $6
                              OR digits IS NULL
                                 AND regexp_replace(coalesce(contact, contact_key), '[^0-9]', '', 'g') LIKE $6)))
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
                         AND order_products.customer_id IS NOT NULL))),
      keyed AS (
          SELECT customer_id,
                 CASE $23::smallint WHEN 1 THEN nullif(name, '') WHEN 2 THEN nullif(email, '') END AS text_key,
                 CASE $23 WHEN 3 THEN registered WHEN 4 THEN updated WHEN 5 THEN order_count
                          WHEN 6 THEN sales_value WHEN 7 THEN first_order WHEN 8 THEN last_order
                  END AS number_key
            FROM found),
      page AS (
          SELECT customer_id, text_key, number_key, row_number() OVER () AS place
            FROM (SELECT customer_id, text_key, number_key
                    FROM keyed
                   WHERE $31::bigint IS NULL
                      OR text_key IS NULL AND $32::text IS NOT NULL
                      OR number_key IS NULL AND $33::bigint IS NOT NULL
                      OR NOT $34::boolean AND (text_key > $32 OR number_key > $33)
                      OR $34 AND (text_key < $32 OR number_key < $33)
                      OR text_key IS NOT DISTINCT FROM $32 AND number_key IS NOT DISTINCT FROM $33
                         AND (NOT $34 AND customer_id > $31 OR $34 AND customer_id < $31)
                   ORDER BY CASE WHEN NOT $34 THEN text_key END ASC NULLS LAST,
                            CASE WHEN $34 THEN text_key END DESC NULLS LAST,
                            CASE WHEN NOT $34 THEN number_key END ASC NULLS LAST,
                            CASE WHEN $34 THEN number_key END DESC NULLS LAST,
                            CASE WHEN NOT $34 THEN customer_id END ASC,
                            CASE WHEN $34 THEN customer_id END DESC
                   LIMIT $24 OFFSET $25) AS ordered)
      SELECT (SELECT count(*) FROM found) AS total,
             coalesce(array_agg(customer_id ORDER BY place), '{}') AS page,
             max(text_key) FILTER (WHERE place = $24 - 1) AS text_key,
             max(number_key) FILTER (WHERE place = $24 - 1) AS number_key
        FROM page";

impl<M: TxMode> ReadSearch for PostgresTx<'_, M> {
    async fn search_customers(
        &mut self,
        search: &CustomerSearch,
        sort: Option<CustomerSort>,
        page: &PageRequest<CustomerPosition>,
    ) -> Result<Page<CustomerId, CustomerPosition>, StoreError> {
        let plan = Step::Plain(PLAN_ANEW.to_owned());
        let find = Step::Run {
            what: "search the customers",
            sql: FIND,
            parameters: parameters(self.store.get(), search, sort, page),
            touches: None,
        };
        let [_, found] = self.run([Some(plan), Some(find)]).await?;
        let Some(row) = found.rows.first() else {
            return Ok(Page { total: 0, items: Vec::new(), damaged: 0, next: None });
        };
        let found = doing("read what a search found");
        let mut ids: Vec<i64> = row.try_get("page").map_err(&found)?;
        let more = page.cut(&mut ids);
        // Nobody has an id that is none.
        let items: Vec<_> = ids.into_iter().filter_map(|id| CustomerId::new(id).ok()).collect();
        let key = match sort.map(|sort| sort.field.is_text()) {
            Some(true) => {
                let text: Option<&str> = row.try_get("text_key").map_err(&found)?;
                SortKey::Text(text.unwrap_or_default().as_bytes().into())
            }
            Some(false) | None => SortKey::Number(row.try_get("number_key").map_err(&found)?),
        };
        let next = items.last().filter(|_| more).map(|&id| CustomerPosition { key, id });
        Ok(Page { total: count(Some(row)), items, damaged: 0, next })
    }

    async fn list_languages(&mut self) -> Result<BTreeSet<String>, StoreError> {
        let rows = self
            .query_rows(
                "list the languages of the customers",
                "SELECT DISTINCT language FROM customer_search WHERE store_id = $1 AND language <> ''",
                parameters_of![self.store.get()],
            )
            .await?;
        rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>().map_err(doing("read a language"))
    }

    async fn list_countries(&mut self) -> Result<BTreeSet<CountryCode>, StoreError> {
        let rows = self
            .query_rows(
                "list the countries of the customers",
                "SELECT DISTINCT unnest(countries) AS country FROM customer_search WHERE store_id = $1",
                parameters_of![self.store.get()],
            )
            .await?;
        // What is no country is none that could be chosen.
        let country = |row: &Row| row.try_get::<_, &str>(0).ok()?.parse().ok();
        Ok(rows.iter().filter_map(country).collect())
    }
}

fn parameters(
    store: i64,
    search: &CustomerSearch,
    sort: Option<CustomerSort>,
    page: &PageRequest<CustomerPosition>,
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
    let part = |text: &Option<SearchText>| text.as_ref().map(|text| pattern(text.key()));
    let (email_part, email_key) = match email {
        None => (None, None),
        Some(EmailFilter::Part(text)) => (Some(pattern(text.key())), None),
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
    let (text_key, number_key) = keys(page.position());
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
        sort.map_or(0, |sort| i16::from(sort.field.code())),
        reads(page),
        offset(page),
        order_count.from.map(number),
        order_count.to.map(number),
        sales_value.from.map(Money::units),
        sales_value.to.map(Money::units),
        purchased_products
            .as_ref()
            .map(|products| products.iter().map(|product| product.get()).collect::<Vec<_>>()),
        page.position().map(|position| position.id.get()),
        text_key,
        number_key,
        Some(sort.is_some_and(|sort| sort.descending)),
    ]
}

/// The key of a place as the statement compares it: a text or a number; neither where there is none.
fn keys(position: Option<&CustomerPosition>) -> (Option<String>, Option<i64>) {
    match position.map(|position| &position.key) {
        None => (None, None),
        Some(SortKey::Number(number)) => (None, *number),
        Some(SortKey::Text(text)) => {
            (Some(String::from_utf8_lossy(text).into_owned()).filter(|text| !text.is_empty()), None)
        }
    }
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

/// The columns of `customer_search` in which searches look, with what is in them of a customer.
pub(crate) fn searched_columns(customer: &SearchedCustomer) -> [Value<'static>; 13] {
    let text = |text: &str| Value::Text(text.to_owned().into());
    let parts = |parts: &[String]| Value::Text(joined(parts).into());
    let countries: Vec<&str> = customer.countries.iter().map(CountryCode::as_str).collect();
    [
        Value::Integer(customer.id.get()),
        text(&customer.name),
        text(&customer.email),
        parts(&customer.phones),
        parts(&customer.cities),
        parts(&customer.postal_codes),
        parts(&customer.states),
        parts(&customer.company_names),
        text(&countries.join(",")),
        text(&customer.language),
        customer.accept_marketing.map_or(Value::Null, |flag| Value::Integer(flag.into())),
        Value::Integer(customer.tax_exempt.into()),
        Value::Integer((customer.kind == CustomerKind::Business).into()),
    ]
}

const SEARCHED_TYPES: [ColumnType; 13] = {
    use ColumnType::{BigInteger, Boolean, Text};
    [BigInteger, Text, Text, Text, Text, Text, Text, Text, Text, Text, Boolean, Boolean, Boolean]
};

impl PostgresWriteTx<'_> {
    /// Writes what searches look at of customers besides the contacts, which have rows of their own.
    pub(crate) fn put_searched<'a>(&mut self, customers: impl Iterator<Item = &'a Customer>) {
        let searched = |customer| searched_columns(&SearchedCustomer::of(customer, &ContactBook::default()));
        let rows: Vec<_> = customers.map(searched).collect();
        if rows.is_empty() {
            return;
        }
        let column = |(place, &of): (usize, &ColumnType)| many(of, rows.iter().map(|row| &row[place]));
        let mut parameters = parameters_of![self.store.get()];
        parameters.extend(SEARCHED_TYPES.iter().enumerate().map(column));
        self.queue(
            "write what searches look at of customers",
            "INSERT INTO customer_search (store_id, customer_id, name, email, phones, cities, postal_codes, states,
                                          company_names, countries, language, accept_marketing, tax_exempt, business)
             SELECT $1, customer_id, name, email, phones, cities, postal_codes, states, company_names,
                    string_to_array(countries, ','), language, accept_marketing, tax_exempt, business
               FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                           $9::text[], $10::text[], $11::text[], $12::boolean[], $13::boolean[], $14::boolean[])
                 AS new (customer_id, name, email, phones, cities, postal_codes, states, company_names, countries,
                         language, accept_marketing, tax_exempt, business)
             ON CONFLICT (store_id, customer_id) DO UPDATE
                SET name = excluded.name, email = excluded.email, phones = excluded.phones,
                    cities = excluded.cities, postal_codes = excluded.postal_codes, states = excluded.states,
                    company_names = excluded.company_names, countries = excluded.countries,
                    language = excluded.language, accept_marketing = excluded.accept_marketing,
                    tax_exempt = excluded.tax_exempt, business = excluded.business",
            parameters,
        );
    }
}

/// Makes what searches look at of the next customers of a store anew.
pub(crate) struct Rebuild {
    /// How far it is done.
    pub(crate) after: Option<WalkPosition>,
}

impl Runs for Rebuild {
    /// How far it is done, and for how many; `None` when it is done for all.
    type Output = Option<(WalkPosition, u64)>;
    type Error = StoreError;

    async fn run(&self, tx: &mut PostgresWriteTx<'_>) -> Result<Self::Output, StoreError> {
        let limit = u32::try_from(PORTION).unwrap_or(u32::MAX);
        let Some(Portion { listed, through }) = tx.list_after::<CustomerRow>(self.after, limit).await? else {
            return Ok(None);
        };
        let ids: Vec<_> = listed.items.iter().map(|row| row.id).collect();
        let customers = find_customers(tx, &ids, &[]).await?.0.items;
        tx.put_searched(customers.iter());
        tx.refold_contacts(&ids).await?;
        Ok(Some((through, customers.len() as u64)))
    }
}

impl PostgresWriteTx<'_> {
    /// Writes the folded texts of contacts that are not what they should be.
    async fn refold_contacts(&mut self, customers: &[CustomerId]) -> Result<(), StoreError> {
        let owners: Vec<i64> = customers.iter().map(|customer| customer.get()).collect();
        let contacts = self.list::<StoredContact>(Query::of::<StoredContact>(&owners)).await?.items;
        if contacts.is_empty() {
            return Ok(());
        }
        let customers = contacts.iter().map(|stored| stored.customer.get()).collect::<Vec<_>>();
        let ids = contacts.iter().map(|stored| stored.contact.id.get()).collect::<Vec<_>>();
        let folded: Vec<Option<String>> =
            contacts.iter().map(|stored| searched_beside(stored.contact.address.contact())).collect();
        self.queue(
            "write the folded texts of contacts",
            "UPDATE contacts SET folded = new.folded
               FROM unnest($2::bigint[], $3::bigint[], $4::text[]) AS new (customer_id, contact_id, folded)
              WHERE contacts.store_id = $1 AND contacts.customer_id = new.customer_id
                AND contacts.contact_id = new.contact_id AND contacts.folded IS DISTINCT FROM new.folded",
            parameters_of![self.store.get(), customers, ids, folded],
        );
        Ok(())
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
