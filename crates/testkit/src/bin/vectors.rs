//! Writes the vectors of the format into the directory that is named on the command line.

use std::path::PathBuf;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let dir = env::args_os().nth(1).map(PathBuf::from);
    let dir = dir.ok_or_else(|| io::Error::other("usage: vectors DIRECTORY"))?;
    for vector in testkit::vectors::all() {
        fs::write(dir.join(format!("{}.json", vector.name)), vector.content)?;
    }
    Ok(())
}
