//! No `responseFields` makes the parser panic.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = shopfolk_api::response_fields::parse(text);
});
