//! Where somebody is to be found: what a billing person and a shipping address have in common.

use crate::{City, CompanyName, CountryCode, FieldChange, PhoneNumber, PostalCode, StateCode, Street};

/// Company, street, city, country and telephone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Whereabouts {
    /// The company.
    pub company_name: Option<CompanyName>,
    /// Street and house number; a second line behind a newline.
    pub street: Option<Street>,
    /// The city.
    pub city: Option<City>,
    /// The country.
    pub country: Option<CountryCode>,
    /// The postal code.
    pub postal_code: Option<PostalCode>,
    /// The state or province.
    pub state: Option<StateCode>,
    /// The telephone number.
    pub phone: Option<PhoneNumber>,
}

/// What a caller says of whereabouts; what is left out stays.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WhereaboutsChange {
    /// The company.
    pub company_name: FieldChange<CompanyName>,
    /// The street.
    pub street: FieldChange<Street>,
    /// The city.
    pub city: FieldChange<City>,
    /// The country.
    pub country: FieldChange<CountryCode>,
    /// The postal code.
    pub postal_code: FieldChange<PostalCode>,
    /// The state or province.
    pub state: FieldChange<StateCode>,
    /// The telephone number.
    pub phone: FieldChange<PhoneNumber>,
}

impl WhereaboutsChange {
    /// The change that leaves nothing.
    pub const fn clear() -> Self {
        Self {
            company_name: FieldChange::Clear,
            street: FieldChange::Clear,
            city: FieldChange::Clear,
            country: FieldChange::Clear,
            postal_code: FieldChange::Clear,
            state: FieldChange::Clear,
            phone: FieldChange::Clear,
        }
    }
}

impl Whereabouts {
    /// Whether nothing is known.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The whereabouts after a change.
    #[must_use]
    pub fn changed(self, change: WhereaboutsChange) -> Self {
        let WhereaboutsChange { company_name, street, city, country, postal_code, state, phone } = change;
        Self {
            company_name: company_name.apply(self.company_name),
            street: street.apply(self.street),
            city: city.apply(self.city),
            country: country.apply(self.country),
            postal_code: postal_code.apply(self.postal_code),
            state: state.apply(self.state),
            phone: phone.apply(self.phone),
        }
    }

    /// The name of the state, where its code is known.
    pub fn state_name(&self) -> Option<&'static str> {
        self.country?.state_name(self.state.as_ref()?.as_str())
    }

    /// The place in one line, for a person: company, street, city with state and postal code, country.
    pub fn formatted(&self) -> String {
        let state = self.state_name().or(self.state.as_ref().map(StateCode::as_str));
        let postal_code = self.postal_code.as_ref().map(PostalCode::as_str);
        let city = [self.city.as_ref().map(City::as_str), state, postal_code];
        let city = city.into_iter().flatten().collect::<Vec<_>>().join(" ");
        let street = self.street.as_ref().map(|street| street.as_str().replace('\n', ", "));
        let parts = [
            self.company_name.as_ref().map(CompanyName::as_str),
            street.as_deref(),
            Some(city.as_str()).filter(|city| !city.is_empty()),
            self.country.map(CountryCode::name),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn somewhere() -> Whereabouts {
        Whereabouts {
            company_name: CompanyName::optional("Example Inc").unwrap(),
            street: Street::optional("1 Broadway\nFloor 2").unwrap(),
            city: City::optional("New York").unwrap(),
            country: "US".parse().ok(),
            postal_code: PostalCode::optional("10004").unwrap(),
            state: StateCode::optional("NY").unwrap(),
            phone: PhoneNumber::optional("+1 212").unwrap(),
        }
    }

    #[test]
    fn what_a_change_leaves_out_stays() {
        let change = WhereaboutsChange {
            city: FieldChange::Set(City::new("Albany").unwrap()),
            phone: FieldChange::Clear,
            ..WhereaboutsChange::default()
        };
        let changed = somewhere().changed(change);
        assert_eq!(
            changed,
            Whereabouts { city: City::optional("Albany").unwrap(), phone: None, ..somewhere() }
        );
        assert!(somewhere().changed(WhereaboutsChange::clear()).is_empty());
    }

    #[test]
    fn one_line_says_it_all() {
        assert_eq!(
            somewhere().formatted(),
            "Example Inc, 1 Broadway, Floor 2, New York New York 10004, United States"
        );
        let state = StateCode::optional("Far away").unwrap();
        assert_eq!(Whereabouts { state, ..Whereabouts::default() }.formatted(), "Far away");
        assert_eq!(Whereabouts::default().formatted(), "");
    }
}
