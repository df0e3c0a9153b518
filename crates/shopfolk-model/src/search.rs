//! What a caller looks for among the customers of a store: filters that join with AND, and an order.

use std::collections::BTreeSet;
use std::fmt;

use crate::text::with_newlines;
use crate::{
    ContactType, CountryCode, CustomerKind, EmailAddress, GroupId, LanguageCode, Money, PhoneDigits,
    ProductId, Timestamp, searched_key,
};

/// The most entries that a list in a search can have.
pub const MAXIMUM_SEARCH_ENTRIES: usize = 1_000;

/// A text cannot be looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SearchTextError {
    /// No text that Shopfolk keeps is like that.
    #[error("must not contain control characters other than tab and newline")]
    ControlCharacter,
    /// Nothing that could be compared with phone numbers.
    #[error("must contain a digit")]
    NoDigit,
    /// Longer than any text that it could be part of.
    #[error("must be at most {maximum} characters")]
    TooLong {
        /// The most characters.
        maximum: usize,
    },
}

/// A part of a text, as searches compare it ([`searched_key`]).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchText(Box<str>);

impl SearchText {
    /// The most characters of a text to look for: as many as the longest text that is searched has.
    pub const MAXIMUM: usize = 1_024;

    /// The text without the spaces around it; `None` when there is nothing to look for.
    ///
    /// # Errors
    /// When it holds control characters or is too long.
    pub fn optional(text: &str) -> Result<Option<Self>, SearchTextError> {
        let text = with_newlines(text.trim());
        if text.chars().any(|character| character.is_control() && !matches!(character, '\t' | '\n')) {
            return Err(SearchTextError::ControlCharacter);
        }
        if text.chars().nth(Self::MAXIMUM).is_some() {
            return Err(SearchTextError::TooLong { maximum: Self::MAXIMUM });
        }
        let key = searched_key(&text);
        Ok((!key.is_empty()).then(|| Self(key.into())))
    }

    /// The searched key of the text.
    pub fn key(&self) -> &str {
        &self.0
    }

    /// Whether it is part of a text that has this searched key.
    pub fn is_in(&self, key: &str) -> bool {
        key.contains(&*self.0)
    }
}

/// From one value to another, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span<T> {
    /// The least; `None` is no bound.
    pub from: Option<T>,
    /// The greatest; `None` is no bound.
    pub to: Option<T>,
}

impl<T> Default for Span<T> {
    fn default() -> Self {
        Self { from: None, to: None }
    }
}

impl<T: PartialOrd> Span<T> {
    /// Whether everything is in it.
    pub const fn is_everything(&self) -> bool {
        self.from.is_none() && self.to.is_none()
    }

    /// Whether a value is in it.
    pub fn contains(&self, value: &T) -> bool {
        self.from.as_ref().is_none_or(|from| from <= value) && self.to.as_ref().is_none_or(|to| value <= to)
    }
}

/// Some of the types of contact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ContactTypeSet(u32);

impl ContactTypeSet {
    /// A number with one bit for each of the types.
    pub const fn bits(self) -> u32 {
        self.0
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether a type is among them.
    pub const fn contains(self, contact_type: ContactType) -> bool {
        self.0 & (1 << contact_type.code()) != 0
    }

    /// The types among them.
    pub fn iter(self) -> impl Iterator<Item = ContactType> {
        ContactType::ALL.iter().copied().filter(move |&contact_type| self.contains(contact_type))
    }
}

impl FromIterator<ContactType> for ContactTypeSet {
    fn from_iter<I: IntoIterator<Item = ContactType>>(types: I) -> Self {
        Self(types.into_iter().fold(0, |bits, contact_type| bits | 1 << contact_type.code()))
    }
}

/// What is asked of a customer's own e-mail address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EmailFilter {
    /// This is part of it, in any case.
    Part(SearchText),
    /// It is this one, in any case; a text that is no address finds nobody.
    Exactly(Option<EmailAddress>),
}

/// What is asked of a customer's contacts: that one of them is like that.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ContactFilter {
    /// Part of its text; `None` is any text.
    pub text: Option<SearchText>,
    /// Its type is one of these; `None` is any type.
    pub types: Option<ContactTypeSet>,
}

/// What a customer must be like to be found. What is `None` asks nothing; the default finds everybody.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CustomerSearch {
    /// Part of the name or the e-mail address.
    pub keyword: Option<SearchText>,
    /// Part of the name.
    pub name: Option<SearchText>,
    /// The e-mail address.
    pub email: Option<EmailFilter>,
    /// Digits in a row of a phone number: of an address, the billing person or a contact with a number.
    pub phone: Option<PhoneDigits>,
    /// Part of the city of any address.
    pub city: Option<SearchText>,
    /// Part of the postal code of any address.
    pub postal_code: Option<SearchText>,
    /// Part of the state's or province's code of any address.
    pub state: Option<SearchText>,
    /// Part of the company's name of any address.
    pub company_name: Option<SearchText>,
    /// An address is in one of these countries.
    pub countries: Option<BTreeSet<CountryCode>>,
    /// The group is one of these.
    pub groups: Option<BTreeSet<GroupId>>,
    /// What was said of marketing; who said nothing is found by neither.
    pub accept_marketing: Option<bool>,
    /// The language, in any case.
    pub language: Option<LanguageCode>,
    /// Whether the customer pays no tax.
    pub tax_exempt: Option<bool>,
    /// Whom the customer buys for.
    pub kind: Option<CustomerKind>,
    /// How many orders there are.
    pub order_count: Span<u64>,
    /// What the orders are worth together.
    pub sales_value: Span<Money>,
    /// One of these products was bought.
    pub purchased_products: Option<BTreeSet<ProductId>>,
    /// When the customer came to be.
    pub registered: Span<Timestamp>,
    /// When the customer last changed.
    pub updated: Span<Timestamp>,
    /// A contact.
    pub contact: Option<ContactFilter>,
}

impl CustomerSearch {
    /// Whether it asks nothing and finds everybody.
    pub fn is_everybody(&self) -> bool {
        *self == Self::default()
    }
}

macro_rules! sort_fields {
    ($($(#[$meta:meta])* $variant:ident = $code:literal $name:literal,)+) => {
        /// What customers can be sorted by.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum SortField {
            $($(#[$meta])* $variant,)+
        }

        impl SortField {
            /// Every field.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The name on the wire, without the direction.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }

            /// Its number, which stays: places in lists that callers keep have it.
            pub const fn code(self) -> u8 {
                match self {
                    $(Self::$variant => $code,)+
                }
            }
        }
    };
}

impl SortField {
    /// Whether it is a text, and no number.
    pub const fn is_text(self) -> bool {
        matches!(self, Self::Name | Self::Email)
    }
}

sort_fields! {
    /// The searched key of the name.
    Name = 1 "NAME",
    /// The searched key of the e-mail address.
    Email = 2 "EMAIL",
    /// When the customer came to be.
    Registered = 3 "REGISTERED_DATE",
    /// When the customer last changed.
    Updated = 4 "UPDATED_DATE",
    /// How many orders there are.
    OrderCount = 5 "ORDER_COUNT",
    /// What the orders are worth together.
    SalesValue = 6 "SALES_VALUE",
    /// When the first order was made.
    FirstOrder = 7 "FIRST_ORDER_DATE",
    /// When the last order was made.
    LastOrder = 8 "LAST_ORDER_DATE",
}

/// In which order customers are wanted. Those that are equal in it come by id, in the same direction; those without a value last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CustomerSort {
    /// By what.
    pub field: SortField,
    /// Whether the greatest come first.
    pub descending: bool,
}

/// The text names no order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnknownSort;

impl fmt::Display for UnknownSort {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("must be one of ")?;
        for (place, field) in SortField::ALL.iter().enumerate() {
            let separator = if place == 0 { "" } else { ", " };
            write!(formatter, "{separator}{0}_ASC, {0}_DESC", field.name())?;
        }
        Ok(())
    }
}

impl std::error::Error for UnknownSort {}

impl CustomerSort {
    /// The order of this name, such as `NAME_ASC`, in letters of any case.
    ///
    /// # Errors
    /// When no order has that name.
    pub fn parse(text: &str) -> Result<Self, UnknownSort> {
        let text = text.trim().to_ascii_uppercase();
        let (name, direction) = text.rsplit_once('_').ok_or(UnknownSort)?;
        let descending = match direction {
            "ASC" => false,
            "DESC" => true,
            _ => return Err(UnknownSort),
        };
        let field = SortField::ALL.iter().copied().find(|field| field.name() == name).ok_or(UnknownSort)?;
        Ok(Self { field, descending })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_to_look_for_is_trimmed_and_folded() {
        let text = SearchText::optional("  STRASSE ").unwrap().unwrap();
        assert!(text.is_in(&searched_key("Lange Straße 7")) && !text.is_in(&searched_key("Gasse")));
        assert_eq!(SearchText::optional(" \t"), Ok(None));
        assert_eq!(SearchText::optional("\u{200B}"), Ok(None));
        assert!(SearchText::optional("1\r\n2").unwrap().unwrap().is_in("1\n2"));
        assert_eq!(SearchText::optional("a\u{1}"), Err(SearchTextError::ControlCharacter));
        assert_eq!(
            SearchText::optional(&"a".repeat(1_025)),
            Err(SearchTextError::TooLong { maximum: 1_024 })
        );
    }

    #[test]
    fn a_span_includes_its_bounds() {
        let span = Span { from: Some(2), to: Some(3) };
        assert_eq!([1, 2, 3, 4].map(|value| span.contains(&value)), [false, true, true, false]);
        assert!(Span { from: Some(2), to: None }.contains(&i64::MAX) && Span::default().contains(&i64::MIN));
    }

    #[test]
    fn an_order_is_known_by_its_name() {
        assert_eq!(
            CustomerSort::parse("registered_date_desc"),
            Ok(CustomerSort { field: SortField::Registered, descending: true })
        );
        for text in ["", "NAME", "NAME_UP", "AGE_ASC", "_ASC"] {
            assert_eq!(CustomerSort::parse(text), Err(UnknownSort), "{text}");
        }
        assert!(UnknownSort.to_string().contains("UPDATED_DATE_DESC"));
    }

    #[test]
    fn a_set_of_types_knows_its_types() {
        let set: ContactTypeSet = [ContactType::Phone, ContactType::Other].into_iter().collect();
        assert!(set.contains(ContactType::Phone) && !set.contains(ContactType::Email));
        assert_eq!(set.iter().collect::<Vec<_>>(), [ContactType::Phone, ContactType::Other]);
    }
}
