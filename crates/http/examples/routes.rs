//! Prints the table of routes, for `cargo xtask routes`.

#![expect(clippy::print_stdout, reason = "standard output is what it is for")]

fn main() {
    print!("{}", sigill_http::surface::outcomes::document());
}
