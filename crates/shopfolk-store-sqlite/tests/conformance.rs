//! The suite that every engine passes, on the embedded one: as a server with room for many recent contacts, as a server
//! that settles or packs all the time, and as a command beside a server.
#![allow(clippy::unwrap_used)]

use shopfolk_store_sqlite::{SqliteEngine, SqliteSettings};
use tempfile::TempDir;

fn engine(adjust: impl FnOnce(&mut SqliteSettings)) -> (SqliteEngine, TempDir) {
    let directory = TempDir::new().unwrap();
    let mut settings = SqliteSettings::new(directory.path().join("shop.db"));
    adjust(&mut settings);
    (SqliteEngine::open(&settings).unwrap(), directory)
}

mod server {
    shopfolk_operations::conformance_tests!(super::engine(|settings| settings.serve = true));
}

mod server_that_settles_all_the_time {
    shopfolk_operations::conformance_tests!(super::engine(|settings| {
        settings.serve = true;
        settings.recent_contacts = 3;
        settings.largest_batch = 5;
    }));
}

mod server_that_packs_all_the_time {
    shopfolk_operations::conformance_tests!(super::engine(|settings| {
        settings.serve = true;
        settings.recent_contacts = 50;
        settings.unpacked_customers = 3;
        settings.unpacked_contacts = 10;
    }));
}

mod command {
    shopfolk_operations::conformance_tests!(super::engine(|_| {}));
}
