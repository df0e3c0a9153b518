//! Which of two people who change a customer was faster.

use sha2::{Digest, Sha256};

use crate::Customer;

/// What is said of a customer at one moment, but for the contacts: two are the same when nobody changed any of it between them.
/// An order and a contact leave it as it is, though they move `updated`. Another release may spell it otherwise; then a customer
/// seems changed who is not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomerVersion(Box<str>);

impl CustomerVersion {
    /// The version that somebody says to have seen. A text that is none is that of no customer.
    pub fn from_text(text: &str) -> Self {
        Self(text.into())
    }

    /// The version as text: letters and digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Customer {
    /// The version of now.
    pub fn version(&self) -> CustomerVersion {
        let Self {
            id,
            email,
            name,
            registered,
            updated: _,
            details,
            addresses,
            group,
            extra_fields,
            orders: _,
            namesake: _,
        } = self;
        let said = (id, email, name, registered, details, addresses, group, extra_fields);
        let digest = Sha256::digest(format!("{said:?}"));
        let number = u128::from_be_bytes(digest.first_chunk().copied().unwrap_or_default());
        CustomerVersion(format!("{number:032x}").into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CustomerId, CustomerName, EmailAddress, GroupId, OrderStatistics, Timestamp};

    #[test]
    fn it_is_another_one_after_every_change_by_somebody_and_the_same_after_an_order() {
        let at = |seconds| Timestamp::from_unix_seconds(seconds).unwrap();
        let email = EmailAddress::new("anna@example.com").unwrap();
        let anna = Customer::new(CustomerId::new(7).unwrap(), email, at(1));
        let orders = OrderStatistics { orders: 3, ..OrderStatistics::default() };
        assert_eq!(Customer { updated: at(9), orders, ..anna.clone() }.version(), anna.version());
        let named = Customer { name: CustomerName::optional("Anna").unwrap(), ..anna.clone() };
        let grouped = Customer { group: GroupId::new(8).unwrap(), ..anna.clone() };
        let versions = [anna.version(), named.version(), grouped.version()];
        for (place, version) in versions.iter().enumerate() {
            assert!(!versions[..place].contains(version));
            assert_eq!(CustomerVersion::from_text(version.as_str()), *version);
        }
    }
}
