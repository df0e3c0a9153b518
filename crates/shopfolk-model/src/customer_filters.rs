//! What there is to filter the customers of a store by: which values are listed, and in which order.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    AddressBook, City, CountryCode, Customer, CustomerDetails, LanguageCode, OrderStatistics, OrderedProduct,
    ProductId, SearchText, Street, searched_key,
};

/// The most shipping places that are listed.
pub const MAXIMUM_SHIPPING_PLACES: u32 = 1_000;

/// The shipping places of so many customers are looked at: those with the lowest ids of whom details are known
/// ([`crate::CustomerDetails::are_known`]).
pub const MAXIMUM_CUSTOMERS_WITH_SHIPPING_PLACES: u32 = 10_000;

/// The most products that are listed.
pub const MAXIMUM_LISTED_PRODUCTS: u32 = 1_000;

/// Where goods are sent. Places come by country, then by city, then by street, each character by character and first where
/// it is not known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ShippingPlace {
    /// The country.
    pub country: Option<CountryCode>,
    /// The city.
    pub city: Option<City>,
    /// The street.
    pub street: Option<Street>,
}

impl ShippingPlace {
    /// The places that are listed of customers with these details and addresses, who come by id: each once, in their order,
    /// up to [`MAXIMUM_SHIPPING_PLACES`].
    pub fn listed<'a>(
        customers: impl IntoIterator<Item = (&'a CustomerDetails, &'a AddressBook)>,
    ) -> Vec<Self> {
        let known = customers.into_iter().filter(|(details, addresses)| details.are_known(addresses));
        let addresses = known
            .take(MAXIMUM_CUSTOMERS_WITH_SHIPPING_PLACES as usize)
            .flat_map(|(_, addresses)| addresses.addresses());
        let places: BTreeSet<Self> = addresses
            .map(|address| Self {
                country: address.whereabouts.country,
                city: address.whereabouts.city.clone(),
                street: address.whereabouts.street.clone(),
            })
            .collect();
        places.into_iter().take(MAXIMUM_SHIPPING_PLACES as usize).collect()
    }
}

/// How many customers made how many orders.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OrderingCustomers {
    /// More than one.
    pub repeated: u64,
    /// Exactly one.
    pub one_time: u64,
}

impl FromIterator<OrderStatistics> for OrderingCustomers {
    /// Counts customers by what their orders amount to.
    fn from_iter<I: IntoIterator<Item = OrderStatistics>>(customers: I) -> Self {
        customers.into_iter().fold(Self::default(), |counted, OrderStatistics { orders, .. }| Self {
            repeated: counted.repeated + u64::from(orders > 1),
            one_time: counted.one_time + u64::from(orders == 1),
        })
    }
}

impl LanguageCode {
    /// The languages that are listed of these customers: each once, in lower case.
    pub fn listed<'a>(customers: impl IntoIterator<Item = &'a Customer>) -> BTreeSet<String> {
        let known = customers.into_iter().filter_map(|customer| customer.details.language.as_ref());
        known.map(Self::key).collect()
    }
}

impl CountryCode {
    /// Of these countries those with this in their name, by name.
    pub fn named(countries: BTreeSet<Self>, name: Option<&SearchText>) -> Vec<Self> {
        let fits = |country: &Self| name.is_none_or(|name| name.is_in(&searched_key(country.name())));
        let mut countries: Vec<_> = countries.into_iter().filter(fits).collect();
        countries.sort_by_key(|country| country.name());
        countries
    }
}

impl OrderedProduct {
    /// The products that are listed of those that customers bought: each once, under the greatest of its names (character
    /// by character); those with this in that name, by name, then by id, up to [`MAXIMUM_LISTED_PRODUCTS`].
    pub fn listed(bought: impl IntoIterator<Item = Self>, name: Option<&SearchText>) -> Vec<Self> {
        let mut names: BTreeMap<ProductId, String> = BTreeMap::new();
        for Self { id, name } in bought {
            let greatest = names.entry(id).or_default();
            if name > *greatest {
                *greatest = name;
            }
        }
        let mut products: Vec<_> = names
            .into_iter()
            .map(|(id, name)| Self { id, name })
            .filter(|product| name.is_none_or(|name| name.is_in(&searched_key(&product.name))))
            .collect();
        products.sort_by(|one, other| one.name.cmp(&other.name).then(one.id.cmp(&other.id)));
        products.truncate(MAXIMUM_LISTED_PRODUCTS as usize);
        products
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;

    fn product(id: i64, name: &str) -> OrderedProduct {
        OrderedProduct { id: ProductId::new(id).unwrap(), name: name.to_owned() }
    }

    fn text(text: &str) -> Option<SearchText> {
        SearchText::optional(text).unwrap()
    }

    #[test]
    fn a_product_is_listed_once_under_the_greatest_of_its_names() {
        let bought = [product(3, "tea"), product(5, "Cup"), product(3, "Tea"), product(4, "Cup")];
        assert_eq!(
            OrderedProduct::listed(bought.clone(), None),
            [product(4, "Cup"), product(5, "Cup"), product(3, "tea")]
        );
        assert_eq!(OrderedProduct::listed(bought, text("TE").as_ref()), [product(3, "tea")]);
        let renamed = [product(1, "Weiß"), product(1, "Zimt")];
        assert_eq!(
            OrderedProduct::listed(renamed, text("WEISS").as_ref()),
            [],
            "the name that is shown counts"
        );
    }

    #[test]
    fn no_more_than_a_thousand_products_are_listed() {
        let many = (0..1_500).map(|id| product(id, &format!("{id:04}")));
        let listed = OrderedProduct::listed(many, None);
        assert_eq!((listed.len(), listed[999].id.get()), (1_000, 999));
    }

    #[test]
    fn countries_are_found_by_part_of_the_name_and_listed_by_it() {
        let countries: BTreeSet<CountryCode> =
            ["CH", "NO", "DE", "PL"].iter().map(|code| code.parse().unwrap()).collect();
        let names = |part: &str| {
            let found = CountryCode::named(countries.clone(), text(part).as_ref());
            found.into_iter().map(CountryCode::name).collect::<Vec<_>>()
        };
        assert_eq!(names(""), ["Germany", "Norway", "Poland", "Switzerland"]);
        assert_eq!(names("LAND"), ["Poland", "Switzerland"]);
    }

    #[test]
    fn who_ordered_once_is_told_from_who_ordered_again() {
        let ordered = |orders| OrderStatistics {
            orders,
            first: Timestamp::from_unix_seconds(1).ok(),
            ..OrderStatistics::default()
        };
        let counted: OrderingCustomers = [0, 1, 2, 9, 1, 1].into_iter().map(ordered).collect();
        assert_eq!(counted, OrderingCustomers { repeated: 2, one_time: 3 });
    }
}
