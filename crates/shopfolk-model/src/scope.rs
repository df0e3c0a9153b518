//! Access scopes: what a token may be used for.

use std::fmt;
use std::str::FromStr;

/// The text names no access scope.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{name}' is not an access scope; the scopes are {}", ScopeSet::ALL)]
pub struct UnknownScope {
    /// The text.
    pub name: String,
}

macro_rules! scopes {
    ($($(#[$meta:meta])* $variant:ident = $bit:literal $name:literal,)+) => {
        /// Something that a token may be used for.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Scope {
            $($(#[$meta])* $variant = $bit,)+
        }

        impl Scope {
            /// Every scope.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The name on the wire.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                }
            }
        }

        impl FromStr for Scope {
            type Err = UnknownScope;

            fn from_str(name: &str) -> Result<Self, UnknownScope> {
                match name {
                    $($name => Ok(Self::$variant),)+
                    _ => Err(UnknownScope { name: name.to_owned() }),
                }
            }
        }
    };
}

scopes! {
    /// See the store's profile.
    ReadStoreProfile = 0 "read_store_profile",
    /// See customers, their contacts and groups.
    ReadCustomers = 1 "read_customers",
    /// Create customers, contacts and groups.
    CreateCustomers = 2 "create_customers",
    /// Change and delete customers, contacts and groups.
    UpdateCustomers = 3 "update_customers",
    /// See the extra fields of customers.
    ReadCustomersExtrafields = 4 "read_customers_extrafields",
    /// Create and change extra fields of customers.
    UpdateCustomersExtrafields = 5 "update_customers_extrafields",
    /// Delete extra fields of customers.
    DeleteCustomersExtrafields = 6 "delete_customers_extrafields",
    /// See orders.
    ReadOrders = 7 "read_orders",
    /// Create orders.
    CreateOrders = 8 "create_orders",
    /// Change and delete orders.
    UpdateOrders = 9 "update_orders",
    /// Change the store's profile.
    UpdateStoreProfile = 10 "update_store_profile",
}

impl Scope {
    /// Whether it lets a token see things, and change nothing.
    pub const fn only_reads(self) -> bool {
        match self {
            Self::ReadStoreProfile
            | Self::ReadCustomers
            | Self::ReadCustomersExtrafields
            | Self::ReadOrders => true,
            Self::CreateCustomers
            | Self::UpdateCustomers
            | Self::UpdateCustomersExtrafields
            | Self::DeleteCustomersExtrafields
            | Self::CreateOrders
            | Self::UpdateOrders
            | Self::UpdateStoreProfile => false,
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A set of access scopes, written as their names with commas between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ScopeSet(u16);

impl ScopeSet {
    /// No scope at all.
    pub const EMPTY: Self = Self(0);
    /// Every scope there is.
    pub const ALL: Self = Self((1 << Scope::ALL.len()) - 1);

    /// Whether the scope is in the set.
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u16) != 0
    }

    /// The scopes of the set.
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.iter().copied().filter(move |&scope| self.contains(scope))
    }
}

impl FromIterator<Scope> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        Self(scopes.into_iter().fold(0, |set, scope| set | 1 << scope as u16))
    }
}

impl FromStr for ScopeSet {
    type Err = UnknownScope;

    fn from_str(names: &str) -> Result<Self, UnknownScope> {
        names.split([',', ' ']).filter(|name| !name.is_empty()).map(str::parse).collect()
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, scope) in self.iter().enumerate() {
            let comma = if position == 0 { "" } else { "," };
            write!(formatter, "{comma}{scope}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_written_and_read_as_names() {
        let set: ScopeSet = "create_customers, read_customers".parse().unwrap();
        assert!(set.contains(Scope::ReadCustomers) && !set.contains(Scope::UpdateCustomers));
        assert_eq!(set.to_string(), "read_customers,create_customers");
        assert_eq!(ScopeSet::ALL.to_string().parse(), Ok(ScopeSet::ALL));
        assert_eq!(ScopeSet::ALL.iter().count(), 11);
        assert_eq!("".parse(), Ok(ScopeSet::EMPTY));
    }

    #[test]
    fn an_unknown_scope_is_named() {
        let error = "read_customers,write_all".parse::<ScopeSet>().unwrap_err();
        assert!(
            error.to_string().starts_with("'write_all' is not an access scope; the scopes are read_store")
        );
    }
}
