//! Countries and their parts by the names that people write.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::CountryCode;

/// What people also call a country, beside its names in English and its codes.
const OTHER_NAMES: &[(&str, &[&str])] = &[
    ("AE", &["UAE", "Emirates"]),
    ("AT", &["Österreich"]),
    ("BA", &["Bosnia"]),
    ("BE", &["België", "Belgique", "Belgien"]),
    ("BR", &["Brasil"]),
    ("CD", &["DR Congo", "Democratic Republic of the Congo"]),
    ("CG", &["Republic of the Congo"]),
    ("CH", &["Schweiz", "Suisse", "Svizzera"]),
    ("CI", &["Ivory Coast"]),
    ("CV", &["Cape Verde"]),
    ("CZ", &["Czech Republic", "Česko", "Česká republika"]),
    ("DE", &["Deutschland", "Allemagne"]),
    ("DK", &["Danmark"]),
    ("EE", &["Eesti"]),
    ("ES", &["España", "Spanien", "Espagne"]),
    ("FI", &["Suomi"]),
    ("GB", &["UK", "U.K.", "Great Britain", "Britain", "England", "Scotland", "Wales", "Northern Ireland"]),
    ("GR", &["Hellas", "Ελλάδα"]),
    ("HR", &["Hrvatska"]),
    ("HU", &["Magyarország"]),
    ("IE", &["Republic of Ireland", "Éire"]),
    ("IT", &["Italia", "Italien", "Italie"]),
    ("JP", &["日本"]),
    ("KR", &["Korea", "Republic of Korea"]),
    ("LT", &["Lietuva"]),
    ("LV", &["Latvija"]),
    ("MK", &["Macedonia"]),
    ("MM", &["Burma"]),
    ("MO", &["Macau"]),
    ("MX", &["México"]),
    ("NL", &["Holland", "The Netherlands", "Nederland", "Niederlande", "Pays-Bas"]),
    ("NO", &["Norge"]),
    ("PL", &["Polska"]),
    ("RO", &["România"]),
    ("RS", &["Srbija"]),
    ("RU", &["Россия"]),
    ("SE", &["Sverige"]),
    ("SI", &["Slovenija"]),
    ("SK", &["Slovensko"]),
    ("SZ", &["Swaziland"]),
    ("TL", &["East Timor"]),
    ("TR", &["Turkey"]),
    ("UA", &["Україна"]),
    ("US", &["America", "U.S.", "U.S.A."]),
    ("VA", &["Vatican"]),
    ("VI", &["Virgin Islands"]),
];

static BY_NAME: LazyLock<HashMap<String, CountryCode>> = LazyLock::new(|| {
    let mut names = HashMap::new();
    for code in CountryCode::all() {
        let Some(country) = rust_iso3166::from_alpha2(code.as_str()) else { continue };
        let everyday = country.name.split('(').next().unwrap_or_default();
        for name in [country.alpha2, country.alpha3, country.name, code.name()] {
            names.insert(letters(name), code);
        }
        // The name without what stands in brackets may be that of several countries.
        names.entry(letters(everyday)).or_insert(code);
    }
    for (code, others) in OTHER_NAMES {
        if let Ok(code) = code.parse() {
            names.extend(others.iter().map(|name| (letters(name), code)));
        }
    }
    names
});

/// The letters and digits of a text, in lower case: what people write in between differs.
fn letters(text: &str) -> String {
    text.chars().filter(|character| character.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

impl CountryCode {
    /// The country with this code of two or three letters, or of this name: in English, or as many of its people call it.
    pub fn of_name(name: &str) -> Option<Self> {
        name.parse().ok().or_else(|| BY_NAME.get(&letters(name)).copied())
    }

    /// The code (ISO 3166-2 without the country) of the state, province or other part of the country of this name.
    pub fn state_code(self, name: &str) -> Option<&'static str> {
        let wanted = letters(name);
        let country = rust_iso3166::from_alpha2(self.as_str())?;
        let parts = rust_iso3166::iso3166_2::SUBDIVISION_COUNTRY_MAP.get(country.alpha2)?;
        let part = parts.iter().find(|part| letters(part.name) == wanted)?;
        part.code.split_once('-').map(|(_, code)| code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_is_found_by_what_people_call_it() {
        let named = |name| CountryCode::of_name(name).map(|country| country.to_string());
        for (name, code) in [
            ("Norway", "NO"),
            ("norway ", "NO"),
            ("USA", "US"),
            ("U.S.A.", "US"),
            ("United States of America", "US"),
            ("UK", "GB"),
            ("es", "ES"),
            ("DEU", "DE"),
            ("South Korea", "KR"),
            ("Côte d’Ivoire", "CI"),
            ("Ivory Coast", "CI"),
            ("Turkey", "TR"),
            ("Deutschland", "DE"),
        ] {
            assert_eq!(named(name).as_deref(), Some(code), "{name}");
        }
        for name in ["", "X", "Nowhere", "Norwayy"] {
            assert_eq!(named(name), None, "{name}");
        }
    }

    #[test]
    fn every_country_is_found_by_the_name_and_the_codes_that_are_written() {
        for country in CountryCode::all() {
            assert_eq!(CountryCode::of_name(country.name()), Some(country), "{}", country.name());
            assert_eq!(CountryCode::of_name(country.as_str()), Some(country));
        }
    }

    #[test]
    fn a_state_is_found_by_its_name() {
        let us: CountryCode = "US".parse().unwrap();
        assert_eq!((us.state_code("new york"), us.state_code("Ontario")), (Some("NY"), None));
    }
}
