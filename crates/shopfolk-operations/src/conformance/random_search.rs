//! Searches at random on a store that changes at random, compared with asking the rules of the model about every row.

use std::collections::{BTreeSet, HashMap};
use std::convert::Infallible;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use shopfolk_model::{
    ContactFilter, ContactType, CountryCode, Customer, CustomerGroup, CustomerId, CustomerKind,
    CustomerPosition, CustomerSearch, CustomerSort, EmailAddress, EmailFilter, GroupFilter, LanguageCode,
    Money, Order, OrderSearch, OrderedProduct, OrderingCustomers, ProductId, SearchText, SearchedBuyer,
    SearchedCustomer, SearchedOrder, ShippingPlace, SortField, Span, StoreId, Timestamp,
};
use shopfolk_store::{Engine, PageRequest};

use super::asked::{Asked, Turns, customer_filters, group_filters, order_filters};
use super::fixture::*;
use super::random_store::{PRODUCTS, RandomStore};
use super::random_values::*;
use crate::{
    FoundCustomers, ListCustomerCountries, ListCustomerFilters, ListGroups, ListProducts, SearchCustomerIds,
    SearchCustomers, SearchOrders, Wanted, WantedOfOrders,
};

/// A list as a whole.
const fn everything<P>() -> PageRequest<P> {
    PageRequest::at(0, u32::MAX)
}

/// How many filters a search for customers has, and how many one for orders.
const CUSTOMER_FILTERS: usize = 20;
const ORDER_FILTERS: usize = 8;

/// Writes and searches at random, each seed in a store of its own, side by side in one database.
pub async fn any_search_finds_what_the_rules_find<E: Engine>(engine: E) {
    let mut asked = Asked::default();
    for seed in [7, 11, 2_026] {
        let id = StoreId::new(1_000 + i64::try_from(seed).unwrap()).unwrap();
        let mut store = RandomStore::create(&engine, id, seed).await;
        let mut random = StdRng::seed_from_u64(seed);
        for _ in 0..10 {
            for _ in 0..30 {
                store.write().await;
            }
            Comparison::of(&engine, id, &mut random, &mut asked).await.run(12).await;
        }
        Comparison::of(&engine, id, &mut random, &mut asked).await.run(150).await;
    }
    asked.assert_whole();
}

/// A store as it is at one moment, with which searches are compared.
pub(super) struct Comparison<'a, E> {
    engine: &'a E,
    store: StoreId,
    pub(super) random: &'a mut StdRng,
    asked: &'a mut Asked,
    customers: Vec<Customer>,
    pub(super) searched: Vec<SearchedCustomer>,
    /// The latest first.
    orders: Vec<Order>,
    /// The built-in one first.
    groups: Vec<CustomerGroup>,
    bought: HashMap<CustomerId, BTreeSet<ProductId>>,
}

impl<'a, E: Engine> Comparison<'a, E> {
    pub(super) async fn of(
        engine: &'a E,
        store: StoreId,
        random: &'a mut StdRng,
        asked: &'a mut Asked,
    ) -> Self {
        let found = whole_customers(engine, store).await.unwrap();
        let searched =
            found.iter().map(|item| SearchedCustomer::of(&item.customer, &item.contacts)).collect();
        let customers = found.into_iter().map(|item| item.customer).collect();
        let all = SearchOrders {
            search: OrderSearch::default(),
            page: everything(),
            wanted: WantedOfOrders::Everything,
        };
        let orders = engine.read(store, all).await.unwrap().first.items;
        let all = ListGroups { filter: GroupFilter::default(), page: everything() };
        let groups = engine.read(store, all).await.unwrap().items;
        let mut bought: HashMap<CustomerId, BTreeSet<ProductId>> = HashMap::new();
        for order in &orders {
            if let Some(customer) = order.customer {
                bought.entry(customer).or_default().extend(order.products.iter().map(|product| product.id));
            }
        }
        Self { engine, store, random, asked, customers, searched, orders, groups, bought }
    }

    /// Compares so many searches for customers, half as many for orders, and some of everything else.
    pub(super) async fn run(mut self, searches: usize) {
        for number in 0..searches {
            self.compare_customers().await;
            if number % 2 == 0 {
                self.compare_orders().await;
            }
            if number % 6 == 0 {
                self.compare_groups().await;
                self.compare_filters().await;
            }
        }
    }

    async fn compare_customers(&mut self) {
        let search = self.any_customer_search();
        let sort = self.random.random_bool(0.6).then(|| CustomerSort {
            field: any_of(self.random, SortField::ALL),
            descending: self.random.random_bool(0.5),
        });
        let none = BTreeSet::new();
        let matches = |customer: &&SearchedCustomer| {
            let bought = self.bought.get(&customer.id).unwrap_or(&none);
            customer.matches(&search, |products| !products.is_disjoint(bought))
        };
        let mut expected: Vec<_> = self.searched.iter().filter(matches).collect();
        if let Some(sort) = sort {
            expected.sort_by(|one, other| sort.compare(one, other));
            let differs = !expected.is_sorted_by_key(|customer| customer.id);
            self.asked.note_sort(sort, differs);
        }
        let expected: Vec<_> = expected.into_iter().map(|customer| customer.id).collect();
        self.asked.note(&customer_filters(&search), expected.len(), self.searched.len());

        let ids = SearchCustomerIds { search: search.clone(), sort };
        assert_eq!(self.engine.read(self.store, ids).await.unwrap(), expected, "{search:?} {sort:?}");
        let page = self.any_page();
        let answer = self.page_of_customers(&search, sort, page.clone()).await;
        assert_eq!((answer.total, answer.all), (expected.len() as u64, self.searched.len() as u64));
        assert_eq!(ids_of(&answer), part_of(&expected, &page), "{search:?} {sort:?} {page:?}");
        self.walk_customers(&search, sort, &expected).await;
        self.begin_behind_anybody(&search, sort, &expected).await;
    }

    pub(super) async fn page_of_customers(
        &self,
        search: &CustomerSearch,
        sort: Option<CustomerSort>,
        page: PageRequest<CustomerPosition>,
    ) -> FoundCustomers {
        let wanted = SearchCustomers { search: search.clone(), sort, page, wanted: Wanted::Customers };
        self.engine.read(self.store, wanted).await.unwrap()
    }

    async fn compare_orders(&mut self) {
        let search = self.any_order_search();
        let look_up = |id: CustomerId| {
            let customer = self.customers.iter().find(|customer| customer.id == id);
            let name = |customer: &'_ Customer| customer.name.as_ref().map(ToString::to_string);
            let buyer = |customer: &Customer| {
                let email = customer.email.as_ref().map_or("", EmailAddress::as_str);
                SearchedBuyer::new(name(customer).as_deref(), email)
            };
            Ok::<_, Infallible>(customer.map(buyer))
        };
        let matches = |order: &&Order| SearchedOrder::of(order).matches(&search, look_up).unwrap();
        let expected: Vec<_> = self.orders.iter().filter(matches).cloned().collect();
        assert!(self.orders.is_sorted_by(|one, other| one.number > other.number), "the latest come first");
        self.asked.note(&order_filters(&search), expected.len(), self.orders.len());
        for page in [everything(), self.any_page()] {
            let wanted = SearchOrders { search: search.clone(), page, wanted: WantedOfOrders::Everything };
            let answer = self.engine.read(self.store, wanted).await.unwrap();
            assert_eq!(answer.total, expected.len() as u64, "{search:?}");
            assert_eq!(answer.first.items, part_of(&expected, &page), "{search:?} {page:?}");
        }
        let limit = u32::try_from(expected.len() / 3 + 1).unwrap();
        let (mut walked, mut page) = (Vec::new(), PageRequest::at(0, limit));
        loop {
            let wanted = SearchOrders { search: search.clone(), page, wanted: WantedOfOrders::Everything };
            let answer = self.engine.read(self.store, wanted).await.unwrap();
            walked.extend(answer.first.items);
            let Some(next) = answer.next else { break };
            page = PageRequest::after(next, limit);
        }
        assert_eq!(walked, expected, "{search:?} {limit}");
    }

    async fn compare_groups(&mut self) {
        let mut turns = Turns::of(self.random, 2);
        let groups: Vec<_> = self.groups.iter().map(|group| group.id).collect();
        let filter = GroupFilter {
            keyword: turns.then(|| any_part(self.random)),
            ids: turns.then(|| (0..2).map(|_| any_of(self.random, &groups)).collect()),
        };
        let fits = |group: &&CustomerGroup| {
            filter
                .keyword
                .as_ref()
                .is_none_or(|keyword| keyword.is_in(&shopfolk_model::searched_key(group.name.as_str())))
                && filter.ids.as_ref().is_none_or(|ids| ids.contains(&group.id))
        };
        let expected: Vec<_> = self.groups.iter().filter(fits).cloned().collect();
        self.asked.note(&group_filters(&filter), expected.len(), self.groups.len());
        let page = self.any_page();
        let wanted = ListGroups { filter: filter.clone(), page };
        let answer = self.engine.read(self.store, wanted).await.unwrap();
        assert_eq!(answer.total, expected.len() as u64, "{filter:?}");
        assert_eq!(answer.items, part_of(&expected, &page), "{filter:?} {page:?}");
        let place = any_of(self.random, &self.groups).id;
        let behind: Vec<_> = expected.into_iter().filter(|group| group.id > place).collect();
        let wanted = ListGroups { filter, page: PageRequest::after(place, 2) };
        let answer = self.engine.read(self.store, wanted).await.unwrap();
        assert_eq!(answer.items, behind[..behind.len().min(2)]);
        assert_eq!(answer.next, behind.get(1).filter(|_| behind.len() > 2).map(|group| group.id));
    }

    async fn compare_filters(&mut self) {
        let filters = self.engine.read(self.store, ListCustomerFilters).await.unwrap();
        let ordering: OrderingCustomers = self.customers.iter().map(|customer| customer.orders).collect();
        assert_eq!((filters.total, filters.ordering), (self.customers.len() as u64, ordering));
        assert_eq!(filters.groups, self.groups);
        assert_eq!(filters.languages, LanguageCode::listed(&self.customers));
        assert_eq!(
            filters.places,
            ShippingPlace::listed(
                self.customers.iter().map(|customer| (&customer.details, &customer.addresses))
            )
        );

        let name = self.random.random_bool(0.7).then(|| any_of(self.random, &["POL", "land", "states", "x"]));
        let name = name.and_then(|name| SearchText::optional(name).unwrap());
        let all: BTreeSet<_> = self.searched.iter().flat_map(|customer| customer.countries.clone()).collect();
        let expected = CountryCode::named(all.clone(), name.as_ref());
        self.asked.note(&[("name of a country", name.is_some())], expected.len(), all.len());
        let countries = ListCustomerCountries { name };
        assert_eq!(self.engine.read(self.store, countries).await.unwrap(), expected);

        let name = self.random.random_bool(0.7).then(|| any_part(self.random));
        let owned = self.orders.iter().filter(|order| order.customer.is_some());
        let bought: Vec<_> = owned.flat_map(|order| order.products.clone()).collect();
        let expected = OrderedProduct::listed(bought.clone(), name.as_ref());
        let all = OrderedProduct::listed(bought, None);
        self.asked.note(&[("name of a product", name.is_some())], expected.len(), all.len());
        let products = ListProducts { name: name.clone() };
        assert_eq!(self.engine.read(self.store, products).await.unwrap().items, expected, "{name:?}");
    }

    fn any_page<P>(&mut self) -> PageRequest<P> {
        PageRequest::at(self.random.random_range(0..20), self.random.random_range(1..10))
    }

    fn any_customer_search(&mut self) -> CustomerSearch {
        let Self { random, customers, groups, .. } = self;
        let random: &mut StdRng = random;
        let mut turns = Turns::of(random, CUSTOMER_FILTERS);
        CustomerSearch {
            keyword: turns.then(|| any_email_part(random)),
            name: turns.then(|| any_part(random)),
            email: turns.then(|| {
                if random.random_bool(0.5) {
                    return EmailFilter::Part(any_email_part(random));
                }
                let email = any_of(random, customers).email;
                EmailFilter::Exactly(email.and_then(|email| email_like(random, &email)))
            }),
            phone: turns.then(|| any_digits(random)),
            city: turns.then(|| any_part(random)),
            postal_code: turns.then(|| any_part(random)),
            state: turns.then(|| any_part(random)),
            company_name: turns.then(|| any_part(random)),
            countries: turns.then(|| (0..random.random_range(0..3)).map(|_| any_country(random)).collect()),
            groups: turns
                .then(|| (0..random.random_range(0..3)).map(|_| any_of(random, groups).id).collect()),
            accept_marketing: turns.then(|| random.random_bool(0.5)),
            language: turns.then(|| any_language(random)),
            tax_exempt: turns.then(|| random.random_bool(0.5)),
            kind: turns.then(|| any_of(random, &[CustomerKind::Business, CustomerKind::Consumer])),
            order_count: any_span(&mut turns, random, |random| random.random_range(0..4)),
            sales_value: any_span(&mut turns, random, |random| {
                Money::from_units(random.random_range(0..40) * 5_000)
            }),
            purchased_products: turns
                .then(|| (0..random.random_range(0..3)).map(|_| any_of(random, &PRODUCTS)).collect())
                .map(product_ids),
            registered: any_span(&mut turns, random, any_time),
            updated: any_span(&mut turns, random, any_time),
            contact: turns.then(|| ContactFilter {
                text: random.random_bool(0.5).then(|| any_part(random)),
                types: random.random_bool(0.5).then(|| {
                    (0..random.random_range(0..4)).map(|_| any_of(random, ContactType::ALL)).collect()
                }),
            }),
        }
    }

    fn any_order_search(&mut self) -> OrderSearch {
        let Self { random, orders, .. } = self;
        let random: &mut StdRng = random;
        let mut turns = Turns::of(random, ORDER_FILTERS);
        let an_order = |random: &mut StdRng| (!orders.is_empty()).then(|| any_of(random, orders));
        OrderSearch {
            email: turns
                .then(|| an_order(random).and_then(|order| email_like(random, &order.email)))
                .flatten(),
            customer: turns.then(|| an_order(random).and_then(|order| order.customer)).flatten(),
            buyer: turns.then(|| any_email_part(random)),
            keywords: turns.then(|| match (random.random_range(0..3), an_order(random)) {
                (0, Some(order)) => part_of_key(&order.key.as_str().to_lowercase()[1..3]),
                (1, Some(order)) => part_of_key(&order.number.to_string()),
                _ => any_email_part(random),
            }),
            number: turns.then(|| an_order(random).map(|order| order.number)).flatten(),
            names: turns.then(|| {
                let orders = [an_order(random), an_order(random)].into_iter().flatten();
                orders
                    .flat_map(|order| [order.number.to_string(), order.key.as_str().to_lowercase()])
                    .take(3)
                    .collect()
            }),
            created: turns
                .then(|| Span { from: an_order(random).map(|order| order.created), to: None })
                .unwrap_or_default(),
            total: turns
                .then(|| Span { from: None, to: an_order(random).map(|order| order.total) })
                .unwrap_or_default(),
        }
    }
}

pub(super) fn ids_of(found: &FoundCustomers) -> Vec<CustomerId> {
    found.first.items.iter().map(|item| item.customer.id).collect()
}

fn part_of_key(text: &str) -> SearchText {
    SearchText::optional(text).unwrap().unwrap()
}

fn product_ids(ids: Vec<i64>) -> BTreeSet<ProductId> {
    ids.into_iter().map(|id| ProductId::new(id).unwrap()).collect()
}

fn any_time(random: &mut StdRng) -> Timestamp {
    at(random.random_range(0..60))
}

/// A span with one bound or both, if it is asked for.
fn any_span<T: PartialOrd>(
    turns: &mut Turns,
    random: &mut StdRng,
    mut bound: impl FnMut(&mut StdRng) -> T,
) -> Span<T> {
    let span = turns.then(|| match random.random_range(0..3) {
        0 => Span { from: Some(bound(random)), to: None },
        1 => Span { from: None, to: Some(bound(random)) },
        _ => Span { from: Some(bound(random)), to: Some(bound(random)) },
    });
    span.unwrap_or_default()
}

fn part_of<T: Clone, P>(all: &[T], page: &PageRequest<P>) -> Vec<T> {
    let offset = usize::try_from(page.offset()).unwrap();
    all.iter().skip(offset).take(page.limit as usize).cloned().collect()
}
