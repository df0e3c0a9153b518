//! The scopes that an app asks for, as it wrote them: those that are not known too, which open nothing.

use std::fmt;
use std::str::FromStr;

use crate::ScopeSet;

/// The texts are no scopes that an app can ask for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAppScopes {
    /// One of them is no name.
    #[error(
        "'{name}' is no scope: it must be 1 to {} letters, digits, '_', '-', '.' or ':'",
        AppScopes::MAXIMUM_LENGTH
    )]
    NoName {
        /// The text.
        name: String,
    },
    /// There are too many.
    #[error("an app can ask for at most {} scopes", AppScopes::MAXIMUM)]
    TooMany,
}

/// The scopes that an app asks for, or that it was granted: each once, in the order in which they were written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AppScopes(Vec<Box<str>>);

impl AppScopes {
    /// The most scopes.
    pub const MAXIMUM: usize = 50;
    /// The most characters of a scope.
    pub const MAXIMUM_LENGTH: usize = 64;
    /// The scope that asks for a public token too.
    pub const PUBLIC_STOREFRONT: &'static str = "public_storefront";

    /// Those that are known, and open something.
    pub fn known(&self) -> ScopeSet {
        self.iter().filter_map(|name| name.parse().ok()).collect()
    }

    /// Whether a public token is asked for (platform, "Apps and tokens").
    pub fn ask_for_public_token(&self) -> bool {
        self.contains(Self::PUBLIC_STOREFRONT)
    }

    /// Whether this one is among them.
    pub fn contains(&self, name: &str) -> bool {
        self.iter().any(|scope| scope == name)
    }

    /// Whether all of these are among them.
    pub fn contain_all(&self, others: &Self) -> bool {
        others.iter().all(|scope| self.contains(scope))
    }

    /// Each, by its name.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|name| &**name)
    }
}

impl FromStr for AppScopes {
    type Err = InvalidAppScopes;

    /// Takes names with commas or white space between them.
    fn from_str(names: &str) -> Result<Self, InvalidAppScopes> {
        let between = |letter: char| letter == ',' || letter.is_whitespace();
        let mut scopes = Self::default();
        for name in names.split(between).filter(|name| !name.is_empty()) {
            let is_letter =
                |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'_' | b'-' | b'.' | b':');
            if name.len() > Self::MAXIMUM_LENGTH || !name.bytes().all(is_letter) {
                let name = name.chars().take(Self::MAXIMUM_LENGTH).collect();
                return Err(InvalidAppScopes::NoName { name });
            }
            if !scopes.contains(name) {
                scopes.0.push(name.into());
            }
        }
        if scopes.0.len() > Self::MAXIMUM { Err(InvalidAppScopes::TooMany) } else { Ok(scopes) }
    }
}

impl fmt::Display for AppScopes {
    /// Writes the names with spaces between them, as OAuth does.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scope;

    #[test]
    fn unknown_scopes_are_kept_and_open_nothing() {
        let scopes: AppScopes =
            "read_customers,read_catalog public_storefront, read_customers".parse().unwrap();
        assert_eq!(scopes.to_string(), "read_customers read_catalog public_storefront");
        assert_eq!(scopes.known(), [Scope::ReadCustomers].into_iter().collect());
        assert!(scopes.ask_for_public_token());
        assert!(scopes.contain_all(&"read_catalog".parse().unwrap()));
        assert!(!scopes.contain_all(&"read_catalog read_orders".parse().unwrap()));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        let error = "read_customers,<b>".parse::<AppScopes>().unwrap_err();
        assert!(error.to_string().starts_with("'<b>' is no scope"), "{error}");
        let many: Vec<_> = (0..=AppScopes::MAXIMUM).map(|number| format!("scope_{number}")).collect();
        assert_eq!(many.join(" ").parse::<AppScopes>(), Err(InvalidAppScopes::TooMany));
    }
}
