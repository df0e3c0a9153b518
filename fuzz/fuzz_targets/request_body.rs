//! No body of a request makes the parsers panic, and what one takes keeps its bounds.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    if let Ok(new) = shopfolk_api::parse_new_contact(body) {
        let length = new.address.contact().as_str().chars().count();
        assert!((1..=1024).contains(&length));
        assert!(new.handle.is_none_or(|handle| (1..=255).contains(&handle.as_str().chars().count())));
        assert!(new.note.is_none_or(|note| (1..=5000).contains(&note.as_str().chars().count())));
    }
    let _ = shopfolk_api::parse_contact_change(body);
    if let Ok(new) = shopfolk_api::parse_new_customer(body) {
        assert!(new.addresses.len() <= 100 && new.contacts.len() <= 500);
        assert!(new.addresses.iter().all(|address| address.id.is_none()));
    }
    let _ = shopfolk_api::parse_customer_change(body);
});
