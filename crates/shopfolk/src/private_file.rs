//! Files that tell of customers.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;

/// How such a file is opened to be written: one that is made is its owner's alone.
pub(crate) fn private_file() -> OpenOptions {
    let mut options = File::options();
    options.write(true).mode(0o600);
    options
}
