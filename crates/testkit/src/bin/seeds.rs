//! Writes the inputs with which the fuzz targets begin, a folder for each, into the directory that is
//! named on the command line.

use std::path::PathBuf;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let dir = env::args_os().nth(1).map(PathBuf::from);
    let dir = dir.ok_or_else(|| io::Error::other("usage: seeds DIRECTORY"))?;
    for (number, seed) in testkit::seeds::all().into_iter().enumerate() {
        let folder = dir.join(seed.target);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(format!("seed-{number}")), seed.input)?;
    }
    Ok(())
}
