//! Prints the API's description, for `cargo xtask openapi`.

#![expect(clippy::print_stdout, reason = "standard output is what it is for")]

fn main() {
    print!("{}", sigill_http::native::document());
}
