//! Countries and their parts (ISO 3166).

mod named;

use std::fmt;
use std::str::FromStr;

/// The text is no country code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be a country code of two letters (ISO 3166-1 alpha-2), such as US")]
pub struct UnknownCountry;

/// The code of a country that there is (ISO 3166-1 alpha-2), in capital letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CountryCode([u8; 2]);

impl CountryCode {
    /// The code itself.
    pub fn as_str(&self) -> &str {
        // Both bytes are letters of ASCII, so this is always text.
        str::from_utf8(&self.0).unwrap_or_default()
    }

    /// The name of the country in English, the short one that is in daily use.
    pub fn name(self) -> &'static str {
        everyday_name(self.as_str())
            .or_else(|| rust_iso3166::from_alpha2(self.as_str()).map(|country| country.name))
            .unwrap_or_default()
    }

    /// The name of the state, province or other part of the country with this code (ISO 3166-2 without the country), if
    /// there is one.
    pub fn state_name(self, code: &str) -> Option<&'static str> {
        let code = format!("{}-{}", self.as_str(), code.to_ascii_uppercase());
        rust_iso3166::iso3166_2::from_code(&code).map(|state| state.name)
    }

    /// All countries, by code.
    pub fn all() -> impl Iterator<Item = Self> {
        rust_iso3166::ALL_ALPHA2.iter().filter_map(|code| code.parse().ok())
    }
}

impl FromStr for CountryCode {
    type Err = UnknownCountry;

    /// Reads a code in letters of any case.
    fn from_str(text: &str) -> Result<Self, UnknownCountry> {
        let code: [u8; 2] =
            text.trim().to_ascii_uppercase().as_bytes().try_into().map_err(|_| UnknownCountry)?;
        let code = Self(code);
        rust_iso3166::from_alpha2(code.as_str()).map(|_| code).ok_or(UnknownCountry)
    }
}

impl fmt::Display for CountryCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// The name in daily use of a country whose name in the standard is the formal one.
fn everyday_name(code: &str) -> Option<&'static str> {
    Some(match code {
        "BN" => "Brunei",
        "BO" => "Bolivia",
        "BQ" => "Caribbean Netherlands",
        "CD" => "Congo - Kinshasa",
        "CG" => "Congo - Brazzaville",
        "FK" => "Falkland Islands",
        "FM" => "Micronesia",
        "GB" => "United Kingdom",
        "IR" => "Iran",
        "KP" => "North Korea",
        "KR" => "South Korea",
        "LA" => "Laos",
        "MD" => "Moldova",
        "MF" => "Saint Martin",
        "NL" => "Netherlands",
        "PS" => "Palestine",
        "RU" => "Russia",
        "SH" => "Saint Helena",
        "SX" => "Sint Maarten",
        "SY" => "Syria",
        "TW" => "Taiwan",
        "TZ" => "Tanzania",
        "US" => "United States",
        "VA" => "Vatican City",
        "VE" => "Venezuela",
        "VG" => "British Virgin Islands",
        "VI" => "U.S. Virgin Islands",
        "VN" => "Vietnam",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn country(code: &str) -> CountryCode {
        code.parse().unwrap()
    }

    #[test]
    fn a_country_is_known_by_its_code_in_any_case() {
        assert_eq!((country(" us ").as_str(), country("us").name()), ("US", "United States"));
        assert_eq!(country("DE").name(), "Germany");
        for text in ["", "U", "USA", "XX", "ÄÖ", "1A", "U\u{0}"] {
            assert_eq!(text.parse::<CountryCode>(), Err(UnknownCountry), "{text:?}");
        }
    }

    #[test]
    fn every_country_has_a_short_name() {
        assert!(CountryCode::all().count() > 240);
        for country in CountryCode::all() {
            let name = country.name();
            assert!(!name.is_empty() && !name.contains(" of)") && !name.contains(','), "{country}: {name}");
        }
    }

    #[test]
    fn a_state_is_known_by_its_code_within_the_country() {
        assert_eq!(country("US").state_name("ny"), Some("New York"));
        assert_eq!(country("CA").state_name("ON"), Some("Ontario"));
        assert_eq!(country("US").state_name("ON"), None);
        assert_eq!(country("DE").state_name("somewhere"), None);
    }
}
