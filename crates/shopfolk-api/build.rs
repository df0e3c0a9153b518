//! Takes the files of the interactive reference out of their archive, and compresses each as it is sent: the program is four
//! megabytes smaller than with all of them as they are.

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{self, Cursor};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;
use zip::ZipArchive;

/// What the page asks for, with the types.
const FILES: [(&str, &str); 3] = [
    ("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
    ("swagger-ui.css", "text/css; charset=utf-8"),
    ("favicon-32x32.png", "image/png"),
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    let directory = env::var("OUT_DIR")?;
    let mut archive = ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED))?;
    let mut list = String::from("&[");
    for (name, content_type) in FILES {
        let end = format!("/dist/{name}");
        let names = archive.file_names().filter_map(Result::ok);
        let place = names.map(String::from).find(|path| path.ends_with(&end) && !path.contains("/flavors/"));
        let place = place.ok_or_else(|| format!("the archive has no {name}"))?;
        let file = File::create(Path::new(&directory).join(name))?;
        let mut compressed = GzEncoder::new(file, Compression::best());
        io::copy(&mut archive.by_name(&place)?, &mut compressed)?;
        compressed.finish()?;
        write!(
            list,
            "DocsFile {{ name: {name:?}, content_type: {content_type:?}, compressed: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}\")) }},"
        )?;
    }
    list.push(']');
    fs::write(Path::new(&directory).join("docs_files.rs"), list)?;
    Ok(())
}
