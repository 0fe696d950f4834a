//! Without this a new migration would silently not be in the binary.
fn main() {
    println!("cargo::rerun-if-changed=../../migrations");
}
