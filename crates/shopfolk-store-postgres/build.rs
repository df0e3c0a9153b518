//! The migrations are part of the program: a changed file is a changed program.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
